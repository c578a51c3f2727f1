//! Whether what a page points to is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::families::Family;

/// Every reference of docs/audit.md that does not resolve: links to files, their lines and headings; test names and metrics.
pub(super) fn broken(root: &Path, page: &str, families: &BTreeMap<String, Family>) -> Vec<String> {
    let mut broken: Vec<String> =
        links(page).filter(|link| !resolves(root, page, link)).map(str::to_owned).collect();
    let tests = tests(root);
    for word in code(page) {
        let is_missing = if let Some(test) = word.strip_prefix("test: ") {
            !tests.contains(&format!("fn {test}("))
        } else if ["grading_", "log_", "http_", "ledger_", "projection_", "process_"]
            .iter()
            .any(|it| word.starts_with(it))
        {
            let name = word.split('{').next().unwrap_or(word);
            !families.keys().any(|known| {
                known == name || name.strip_prefix(known.as_str()).is_some_and(|it| it.starts_with('_'))
            })
        } else {
            is_path(word) && !root.join(word.split(':').next().unwrap_or(word)).exists()
        };
        if is_missing {
            broken.push(format!("`{word}`"));
        }
    }
    broken
}

/// The targets of links that lead into this repository.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

fn resolves(root: &Path, page: &str, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let text = if file.is_empty() {
        page.to_owned()
    } else {
        let path = root.join("docs").join(file);
        if path.is_dir() && anchor.is_empty() {
            return true;
        }
        let Ok(text) = fs::read_to_string(path) else { return false };
        text
    };
    match anchor.strip_prefix('L').map(str::parse::<usize>) {
        Some(Ok(line)) => text.lines().nth(line - 1).is_some_and(|line| line.contains('!')),
        _ => {
            anchor.is_empty()
                || text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor)
        }
    }
}

/// The anchor of a heading, as GitHub makes it.
fn slug(heading: &str) -> String {
    let kept = |it: &char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_');
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(kept)
        .map(|it| if it == ' ' { '-' } else { it })
        .collect()
}

/// What stands between backticks, outside of blocks of code.
fn code(page: &str) -> impl Iterator<Item = &str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

fn is_path(word: &str) -> bool {
    let roots = ["api/", "docs/", "domain/", "fixtures/", "migrations/", "projections/"];
    roots.iter().any(|root| word.starts_with(root)) && !word.contains([' ', '*', '{'])
}

/// The source of all tests.
fn tests(root: &Path) -> String {
    let mut text = String::new();
    let mut folders: Vec<_> =
        ["api", "domain", "projections", "migrations", "fixtures"].iter().map(|it| root.join(it)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}
