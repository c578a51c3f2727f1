//! docs/playbook.md as data: its scenarios, their blocks, and the tables that lead from what is seen to what is done.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The language of a fenced block, which says who runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// An operator's shell.
    Sh,
    /// `psql` on the ledger's database.
    Sql,
    /// Prometheus.
    PromQl,
}

/// A fenced block that can be run.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) language: Language,
    pub(super) text: String,
    /// Its first line in the file, to name it by.
    pub(super) line: usize,
}

/// A line of a table of root causes.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    /// What the diagnosis shows, word for word.
    pub(super) seen: String,
    /// The anchor of the heading to go on at.
    pub(super) action: String,
}

/// Everything under one heading, up to the next heading.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    /// The headings above it and its own, from level 2 down.
    pub(super) path: Vec<String>,
    pub(super) blocks: Vec<Block>,
    pub(super) causes: Vec<Cause>,
}

pub(super) struct Document {
    pub(super) sections: Vec<Section>,
}

pub(super) fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

impl Document {
    pub(super) fn read() -> Self {
        let text = fs::read_to_string(docs().join("playbook.md")).unwrap();
        let mut sections = vec![Section::default()];
        let mut open: Option<(&str, usize, Vec<&str>)> = None;
        for (line, number) in text.lines().zip(1..) {
            let section = sections.last_mut().unwrap();
            if let Some((language, from, lines)) = &mut open {
                if line == "```" {
                    section.blocks.extend(block(language, *from, lines));
                    open = None;
                } else {
                    lines.push(line);
                }
            } else if let Some(language) = line.strip_prefix("```") {
                open = Some((language, number, Vec::new()));
            } else if let Some((level, title)) = heading(line) {
                let mut path = section.path.clone();
                path.truncate(level - 2);
                path.push(title.to_owned());
                sections.push(Section { path, ..Section::default() });
            } else if let Some(cause) = cause(line) {
                section.causes.push(cause);
            }
        }
        assert!(open.is_none(), "a block of the playbook does not end");
        Self { sections }
    }

    /// The section with these headings.
    pub(super) fn section(&self, path: &[&str]) -> &Section {
        self.sections.iter().find(|section| section.path == path).unwrap_or_else(|| panic!("no {path:?}"))
    }

    /// The headings directly under these.
    pub(super) fn under(&self, path: &[&str]) -> Vec<&str> {
        let below = self.sections.iter().map(|section| section.path.as_slice());
        let below = below.filter(|it| it.len() == path.len() + 1 && it[..path.len()] == *path);
        below.map(|path| path[path.len() - 1].as_str()).collect()
    }

    /// The anchors of all headings, as GitHub makes them, with the headings.
    pub(super) fn anchors(&self) -> BTreeMap<String, &Section> {
        self.sections.iter().filter_map(|it| Some((anchor(it.path.last()?), it))).collect()
    }
}

fn block(language: &str, from: usize, lines: &[&str]) -> Option<Block> {
    let language = match language {
        "sh" => Language::Sh,
        "sql" => Language::Sql,
        "promql" => Language::PromQl,
        // What is seen.
        "text" | "console" | "json" => return None,
        other => panic!("line {from}: nothing runs a block of {other:?}"),
    };
    Some(Block { language, text: lines.join("\n"), line: from })
}

/// The level of a heading, from 2, and its text.
fn heading(line: &str) -> Option<(usize, &str)> {
    let (marks, title) = line.split_once(' ')?;
    let level = marks.len();
    ((2..=4).contains(&level) && marks.bytes().all(|byte| byte == b'#')).then_some((level, title))
}

/// A row whose first cell begins with what is seen, in backticks, and whose last is a link to what to do.
fn cause(line: &str) -> Option<Cause> {
    let row = line.strip_prefix("| `")?.strip_suffix(") |")?;
    let (seen, rest) = row.split_once('`')?;
    let (_, action) = rest.rsplit_once("](#")?;
    Some(Cause { seen: seen.to_owned(), action: action.to_owned() })
}

/// The anchor that GitHub gives a heading.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
