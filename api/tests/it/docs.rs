//! The documents: what they point at is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Every file with this extension in a folder, and in the folders in it.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found
}

/// Lines that are no part of a fenced block.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    })
}

/// The anchors that GitHub gives the headings of a document.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let titles = headings.map(|line| line.trim_start_matches('#').trim());
    titles
        .map(|title| {
            let kept = title.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect()
}

/// What a line links to.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

#[test]
fn every_link_of_the_documents_leads_to_a_file_and_a_heading_that_are_there() {
    let mut documents = files(&root().join("docs"), "md");
    documents.push(root().join("README.md"));
    let mut followed = 0;
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in prose(&text).flat_map(links).filter(|link| !link.contains("://")) {
            let (file, anchor) =
                link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target =
                if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} leads to no file", document.display());
            if let Some(line) = anchor.and_then(|anchor| anchor.strip_prefix('L')?.parse::<usize>().ok()) {
                let lines = fs::read_to_string(&target).unwrap().lines().count();
                assert!(line <= lines, "{}: {link} leads behind the end", document.display());
            } else if let Some(anchor) = anchor {
                let there = anchors(&fs::read_to_string(&target).unwrap());
                assert!(there.contains(anchor), "{}: {link} leads to no heading", document.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "{followed}");
}

/// Codes of errors and conflicts, in backticks in the bold beginning of an answer.
#[test]
fn every_code_that_troubleshooting_explains_is_one_that_the_program_gives() {
    let mut source = String::new();
    for folder in ["api/src", "domain/src"] {
        for file in files(&root().join(folder), "rs") {
            source.push_str(&fs::read_to_string(file).unwrap());
        }
    }
    let text = fs::read_to_string(root().join("docs/troubleshooting.md")).unwrap();
    let questions = text.lines().filter_map(|line| Some(line.strip_prefix("**")?.split_once("**")?.0));
    let is_code = |it: &&str| it.chars().all(|it| it.is_ascii_lowercase() || it == '_');
    let mut codes = 0;
    for code in questions.flat_map(|question| question.split('`').skip(1).step_by(2)).filter(is_code) {
        let known = source.contains(&format!("\"{code}\""));
        assert!(known || ["current_sequence", "serve", "status"].contains(&code), "nothing gives {code}");
        codes += 1;
    }
    assert!(codes > 20, "{codes}");
}
