//! docs/audit.md: the state of logs and metrics, held to the source. What can be read off the source is generated, between
//! markers; whoever changes a log statement has it written anew by the command that the failure names.

mod families;
mod page;
mod references;
mod rules;
mod statements;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use families::Family;
use rules::{ALLOWED_CAUSES, FIELDS, WITHOUT_CAUSE};
use statements::Statement;

/// Set, it has the generated parts written instead of compared.
const UPDATE: &str = "UPDATE_DOCS";

const COMMAND: &str = "UPDATE_DOCS=1 cargo test -p gradeledger --test it docs_audit";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every statement of the source, read once.
fn all() -> &'static [Statement] {
    static ALL: OnceLock<Vec<Statement>> = OnceLock::new();
    ALL.get_or_init(|| statements::statements(&root(), &statements::files(&root())))
}

/// The page with its generated parts as they are now.
fn generated(page: &str, families: &BTreeMap<String, Family>) -> String {
    let files = statements::files(&root());
    let mut page = page.to_owned();
    for (name, text) in page::parts(&files, all(), families) {
        let (begin, end) = (format!("<!-- generated: {name} -->\n"), format!("<!-- end: {name} -->\n"));
        let from = page.find(&begin).unwrap_or_else(|| panic!("docs/audit.md has no {begin}")) + begin.len();
        let to = page.find(&end).unwrap_or_else(|| panic!("docs/audit.md has no {end}"));
        page.replace_range(from..to, &format!("\n{}\n\n", text.trim_end()));
    }
    page
}

#[tokio::test]
async fn the_page_says_what_the_source_says() {
    let path = root().join("docs/audit.md");
    let page = fs::read_to_string(&path).unwrap();
    let now = generated(&page, &families::families().await);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &now).unwrap();
        return;
    }
    let differs = page.lines().zip(now.lines()).find(|(written, now)| written != now);
    assert!(
        page == now,
        "docs/audit.md is stale; write it anew with\n    {COMMAND}\nIt differs first at {differs:?}"
    );
}

#[tokio::test]
async fn every_reference_of_the_page_resolves() {
    let families = families::families().await;
    let page = generated(&fs::read_to_string(root().join("docs/audit.md")).unwrap(), &families);
    let broken = references::broken(&root(), &page, &families);
    assert!(broken.is_empty(), "docs/audit.md: {broken:#?}\nIf lines only moved: {COMMAND}");
}

#[test]
fn a_log_statement_names_only_fields_that_were_thought_about() {
    for statement in all() {
        for field in &statement.fields {
            assert!(
                FIELDS.iter().any(|(name, _)| *name == field.name),
                "{}: the field `{}` is not in FIELDS of api/tests/it/docs_audit/rules.rs. Add it, with what it holds and why \
                 that is nobody's secret; then {COMMAND}",
                statement.place(),
                field.name
            );
        }
    }
    for (name, _) in FIELDS {
        assert!(
            all().iter().any(|it| it.field(name).is_some()),
            "`{name}` of FIELDS is used no more: remove it"
        );
    }
}

#[test]
fn no_error_is_logged_without_its_causes() {
    for statement in all() {
        let place = statement.place();
        for field in &statement.fields {
            let is_error =
                ["error", "err", "e"].contains(&field.name.as_str()) || field.value.ends_with(" error");
            assert!(
                !is_error,
                "{place}: log an error as `cause = domain::chain(&error)`, which tells its causes as well"
            );
        }
        match statement.field("cause") {
            Some(cause) => assert!(
                cause.value.contains("chain") || ALLOWED_CAUSES.contains(&(&statement.file, &cause.value)),
                "{place}: `cause` is `domain::chain(&error)`; a text that is one already goes into ALLOWED_CAUSES of \
                 api/tests/it/docs_audit/rules.rs"
            ),
            None => assert!(
                !statement.is_warning_or_worse()
                    || WITHOUT_CAUSE.iter().any(|(said, _)| *said == statement.message),
                "{place}: a {} without `cause = domain::chain(&error)`. Where there is no error at hand, say what is in \
                 WITHOUT_CAUSE of api/tests/it/docs_audit/rules.rs; then {COMMAND}",
                statement.level.unwrap_or_default()
            ),
        }
    }
    for (message, _) in WITHOUT_CAUSE {
        let stands = |it: &Statement| it.message == *message && it.field("cause").is_none();
        assert!(all().iter().any(stands), "{message:?} of WITHOUT_CAUSE stands no more: remove it");
    }
}

#[test]
fn every_statement_is_in_an_area_that_says_which_ids_its_lines_have() {
    for statement in all() {
        assert!(
            rules::area(&statement.file).is_some(),
            "{}: AREAS of api/tests/it/docs_audit/rules.rs does not know this file; say there which ids its lines have",
            statement.place()
        );
    }
}

#[test]
fn a_message_says_nothing_that_its_fields_do_not() {
    for statement in all() {
        let places: Vec<&str> =
            statement.message.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        for place in places {
            assert!(
                rules::IN_MESSAGES.contains(&place),
                "{}: {place:?} stands in a message; make it a field, which JSON escapes and this test knows",
                statement.place()
            );
        }
    }
}

#[tokio::test]
async fn every_required_metric_is_there() {
    let families = families::families().await;
    for (name, _) in rules::REQUIRED {
        assert!(families.contains_key(name), "{name}");
    }
}
