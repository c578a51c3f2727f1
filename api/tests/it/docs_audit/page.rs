//! The generated parts of docs/audit.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::families::Family;
use super::rules::{AREAS, FIELDS, IDS, LEVELS, REQUIRED, WITHOUT_CAUSE};
use super::statements::Statement;

/// Name and text of every generated part.
pub(super) fn parts(
    files: &[String],
    statements: &[Statement],
    families: &BTreeMap<String, Family>,
) -> Vec<(&'static str, String)> {
    vec![
        ("statements", inventory(statements)),
        ("fields", fields(files, statements)),
        ("levels", levels(statements)),
        ("correlation", correlation(statements)),
        ("required metrics", required(families)),
        ("metrics", metrics(families)),
    ]
}

/// A link to a line of the source.
fn place(statement: &Statement) -> String {
    let Statement { file, line, .. } = statement;
    format!("[`{file}:{line}`](../{file}#L{line})")
}

fn named(statement: &Statement) -> String {
    let names: Vec<String> = statement.fields.iter().map(|field| format!("`{}`", field.name)).collect();
    names.join(" ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn inventory(statements: &[Statement]) -> String {
    let (spans, events): (Vec<_>, Vec<_>) =
        statements.iter().partition(|statement| statement.level.is_none());
    let mut page = format!("{} statements and {} spans.\n\n", events.len(), spans.len());
    page.push_str("| where | level | message | fields |\n|---|---|---|---|\n");
    for statement in &events {
        let level = statement.level.unwrap_or_default();
        let log = if statement.target.is_some() { ", to audit.log" } else { "" };
        let message = cell(&statement.message);
        let _ = writeln!(page, "| {} | {level}{log} | {message} | {} |", place(statement), named(statement));
    }
    page.push_str("\n| where | span | fields, on every line inside of it |\n|---|---|---|\n");
    for statement in &spans {
        let _ = writeln!(page, "| {} | {} | {} |", place(statement), statement.message, named(statement));
    }
    page
}

fn fields(files: &[String], statements: &[Statement]) -> String {
    let with: BTreeSet<&str> = statements.iter().map(|statement| statement.file.as_str()).collect();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for field in statements.iter().flat_map(|statement| &statement.fields) {
        *uses.entry(&field.name).or_default() += 1;
    }
    let mut page = format!(
        "{} files were read, {} of them with statements; they name {} fields. A field that is not in this list fails the test.\n\n",
        files.len(),
        with.len(),
        uses.len()
    );
    page.push_str("| field | uses | what it holds, and why that is nobody's secret |\n|---|---|---|\n");
    for (name, holds) in FIELDS {
        let _ = writeln!(page, "| `{name}` | {} | {holds} |", uses.get(name).copied().unwrap_or(0));
    }
    page
}

fn levels(statements: &[Statement]) -> String {
    let mut page = "| level | rule | statements | of them with a cause |\n|---|---|---|---|\n".to_owned();
    for (level, rule) in LEVELS {
        let of: Vec<_> = statements.iter().filter(|statement| statement.level == Some(level)).collect();
        let caused = of.iter().filter(|statement| statement.field("cause").is_some()).count();
        let _ = writeln!(page, "| {level} | {rule} | {} | {caused} |", of.len());
    }
    for level in ["CRITICAL", "ERROR", "WARNING"] {
        let _ = write!(page, "\n{level}:\n\n");
        for statement in statements.iter().filter(|statement| statement.level == Some(level)) {
            let _ = writeln!(page, "- {} {}", place(statement), statement.message);
        }
    }
    page.push_str("\nWithout a cause, since there is no error at hand:\n\n| message | what is at hand instead |\n|---|---|\n");
    for (message, why) in WITHOUT_CAUSE {
        let _ = writeln!(page, "| {} | {why} |", cell(message));
    }
    page
}

fn correlation(statements: &[Statement]) -> String {
    let mut page = "| id | what it leads to |\n|---|---|\n".to_owned();
    for (id, leads) in IDS {
        let _ = writeln!(page, "| `{id}` | {leads} |");
    }
    page.push_str("\n| who logs | where | statements | ids on its lines |\n|---|---|---|---|\n");
    for area in AREAS {
        let events = statements.iter().filter(|it| it.level.is_some());
        let count = events.filter(|statement| super::rules::area(&statement.file) == Some(area)).count();
        let folders: Vec<String> = area.files.iter().map(|file| format!("`{file}`")).collect();
        let _ = writeln!(page, "| {} | {} | {count} | {} |", area.who, folders.join(", "), area.ids);
    }
    page
}

fn labels(family: &Family) -> String {
    let shown = |(name, values): (&String, &BTreeSet<String>)| {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        format!("`{name}` ({})", values.join(", "))
    };
    family.labels.iter().filter(|(name, _)| *name != "le").map(shown).collect::<Vec<_>>().join("; ")
}

fn required(families: &BTreeMap<String, Family>) -> String {
    let mut page =
        "| required | there | labels, with their values | purpose |\n|---|---|---|---|\n".to_owned();
    for (name, purpose) in REQUIRED {
        let found = families.get(name);
        let (there, labels) = found.map_or(("no", String::new()), |family| ("yes", labels(family)));
        let _ = writeln!(page, "| `{name}` | {there} | {labels} | {purpose} |");
    }
    page
}

fn metrics(families: &BTreeMap<String, Family>) -> String {
    let mut page = format!(
        "{} families of series.\n\n| metric | type | what it says |\n|---|---|---|\n",
        families.len()
    );
    for (name, Family { kind, help, .. }) in families {
        let _ = writeln!(page, "| `{name}` | {kind} | {} |", cell(help.trim_end_matches('.')));
    }
    page
}
