//! docs/EVENTS.md is a promise to strangers: its worked example is computed anew from its own text, and its tables
//! name every field that an event has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::copy::CopyEvent;
use domain::leaf::{Content, Leaf};
use domain::{AnonymousId, Commitment, CopyId, Digest, Metadata};
use serde_json::Value;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/EVENTS.md");
    std::fs::read_to_string(path).expect("docs/EVENTS.md is there")
}

/// The text of the fenced block behind the marker of this name.
fn example(document: &str, name: &str) -> String {
    let (_, behind) = document.split_once(&format!("<!-- example: {name} -->\n```text\n")).expect(name);
    behind.split_once("```").expect("the block ends").0.to_owned()
}

/// The lines `name value` of a block.
fn fields(document: &str, name: &str) -> BTreeMap<String, String> {
    let block = example(document, name);
    let split = |line: &str| line.split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned()));
    block.lines().map(|line| split(line).expect("a line is `name value`")).collect()
}

fn content(row: &BTreeMap<String, String>) -> Content<'_> {
    Content {
        event_id: row["event_id"].parse().unwrap(),
        aggregate_type: &row["aggregate_type"],
        aggregate_id: &row["aggregate_id"],
        sequence: row["sequence"].parse().unwrap(),
        event_type: &row["event_type"],
        event_version: &row["event_version"],
        metadata: &row["metadata"],
        payload: &row["payload"],
    }
}

#[test]
fn the_worked_example_is_what_the_code_computes() {
    let document = document();
    let (_, behind) = document.split_once("The ledger's epoch is `").unwrap();
    let epoch = behind.split_once('`').unwrap().0.parse().unwrap();
    let mut previous = Digest::ZERO;
    for number in 1..=2 {
        let row = fields(&document, &format!("row {number}"));
        let content = content(&row);
        assert_eq!(content.text(), example(&document, &format!("content {number}")));
        assert_eq!(content.hash().to_string(), row["content_hash"]);
        let leaf = Leaf {
            epoch,
            position: row["position"].parse().unwrap(),
            recorded_at: row["recorded_at"].parse().unwrap(),
            content_hash: content.hash(),
            previous,
        };
        assert_eq!(leaf.text(), example(&document, &format!("leaf {number}")));
        assert_eq!(leaf.hash().to_string(), row["leaf_hash"]);
        previous = leaf.hash();
    }
}

#[test]
fn the_example_s_events_are_events_as_this_program_writes_them() {
    let document = document();
    for number in 1..=2 {
        let row = fields(&document, &format!("row {number}"));
        let event: CopyEvent = serde_json::from_str(&row["payload"]).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), row["payload"]);
        assert_eq!(event.type_name(), row["event_type"]);
        let metadata: Metadata = serde_json::from_str(&row["metadata"]).unwrap();
        assert_eq!(serde_json::to_string(&metadata).unwrap(), row["metadata"]);
        if let CopyEvent::CopyImportRequested { exam, anonymous_id, filename, .. } = event {
            let anonymous_id: AnonymousId = anonymous_id;
            assert_eq!(CopyId::of(exam, &anonymous_id).to_string(), row["aggregate_id"]);
            let shown = fields(&document, "commitment");
            let salt: Digest = shown["salt"].parse().unwrap();
            let commitment = Commitment::to(&salt.0, shown["text"].as_bytes());
            assert_eq!(commitment.to_string(), shown["commitment"]);
            assert_eq!(filename, Some(commitment));
        }
    }
}

// A ledger whose leaf would be the same after a change is no evidence.
#[test]
fn every_column_moves_the_leaf() {
    let document = document();
    let row = fields(&document, "row 2");
    let leaf_of = |row: &BTreeMap<String, String>, previous| {
        let leaf = Leaf {
            epoch: uuid::Uuid::from_u128(7),
            position: row["position"].parse().unwrap(),
            recorded_at: row["recorded_at"].parse().unwrap(),
            content_hash: content(row).hash(),
            previous,
        };
        (leaf.hash(), leaf)
    };
    let (standing, leaf) = leaf_of(&row, Digest::ZERO);
    let mut leaves = BTreeSet::from([standing]);
    for (column, other) in [
        ("position", "45"),
        ("recorded_at", "2026-05-18T08:00:01.204501Z"),
        ("event_id", "01975a31-0f05-7e61-8c07-41d2a9f3b6e9"),
        ("aggregate_type", "Exam"),
        ("aggregate_id", "0824ac13-09c9-534a-8ba7-19f18d5facd3"),
        ("sequence", "3"),
        ("event_type", "CopyImported"),
        ("event_version", "2"),
        ("payload", "{}"),
        ("metadata", "{}"),
    ] {
        let mut changed = row.clone();
        changed.insert(column.to_owned(), other.to_owned());
        assert!(leaves.insert(leaf_of(&changed, Digest::ZERO).0), "{column} does not move the leaf");
    }
    assert!(leaves.insert(leaf_of(&row, Digest::of(b"another")).0), "the previous leaf counts");
    assert!(leaves.insert(Leaf { epoch: uuid::Uuid::from_u128(8), ..leaf }.hash()), "the epoch counts");
}

/// The fields that the document lists under a heading.
fn listed(document: &str, heading: &str) -> BTreeSet<String> {
    let line = format!("\n### {heading}\n");
    let (_, behind) = document.split_once(&line).unwrap_or_else(|| panic!("{heading} has no section"));
    let section = behind.split("\n#").next().unwrap();
    let name = |line: &str| line.strip_prefix("- `")?.split('`').next().map(str::to_owned);
    section.lines().filter_map(name).collect()
}

#[test]
fn every_field_of_every_version_of_every_event_is_told_and_no_other() {
    let document = document();
    for shape in domain::shape::all() {
        let (event_type, version) = (shape.event_type, shape.version);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/events");
        let text = std::fs::read_to_string(path.join(format!("{event_type}.v{version}.json"))).unwrap();
        // A type's own section is about its newest version; one of several says which it is.
        let versions = domain::shape::all().filter(|it| it.event_type == event_type).count();
        let heading = match (versions, version == versions) {
            (1, _) => event_type.to_owned(),
            (_, true) => {
                assert!(
                    document.contains(&format!("\n### {event_type}\nVersion {version}")),
                    "{event_type} says which version it is"
                );
                event_type.to_owned()
            }
            (_, false) => format!("{event_type}, version {version}"),
        };
        for instance in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
            let fields: BTreeSet<String> =
                instance[event_type].as_object().unwrap().keys().cloned().collect();
            assert_eq!(listed(&document, &heading), fields, "{heading}");
        }
    }
}
