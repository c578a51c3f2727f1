//! What a process can read, and what tells it that it is too old.

use std::collections::BTreeSet;

use domain::shape::{self, READER, Reading, Shape};
use domain::{Reader, ViewName};

#[test]
fn this_build_reads_every_shape_and_writes_the_newest_of_each_type() {
    for Shape { aggregate_type, event_type, version, reader } in shape::all() {
        let newest = shape::all()
            .filter(|other| (other.aggregate_type, other.event_type) == (aggregate_type, event_type))
            .map(|other| other.version)
            .max();
        let shape = Shape { aggregate_type, event_type, version, reader };
        let reading =
            if newest == Some(version) { Reading::AsWritten(shape) } else { Reading::Upcast(shape) };
        assert_eq!(Reader::CURRENT.reading(aggregate_type, event_type, &version.to_string()), reading);
        assert!((1..=READER).contains(&reader), "{event_type} version {version} came with reader {reader}");
    }
    assert!(shape::all().any(|shape| shape.reader == READER), "a reader number stands for a shape");
}

#[test]
fn a_shape_is_unknown_to_every_reader_before_the_one_that_it_came_with() {
    for Shape { aggregate_type, event_type, version, reader } in shape::all() {
        for older in 0..reader {
            let reading = Reader(older).reading(aggregate_type, event_type, &version.to_string());
            assert_eq!(reading, Reading::Unknown, "{event_type} version {version} by reader {older}");
        }
    }
    assert_eq!(Reader(2).reading("Exam", "GraderEnrolled", "2"), Reading::Unknown);
    assert_ne!(Reader(2).reading("Exam", "GraderEnrolled", "1"), Reading::Unknown);
    assert!(Reader(1).knows_streams_of("ExamCopy") && !Reader(1).knows_streams_of("Operations"));
    assert!(Reader::CURRENT.knows_streams_of("Operations") && !Reader::CURRENT.knows_streams_of("Room"));
}

#[test]
fn a_version_has_one_spelling_and_a_type_belongs_to_one_sort_of_stream() {
    for (aggregate_type, event_type, event_version) in [
        ("Exam", "ExamCreated", ""),
        ("Exam", "ExamCreated", "0"),
        ("Exam", "ExamCreated", "01"),
        ("Exam", "ExamCreated", "+1"),
        ("Exam", "ExamCreated", "1.0"),
        ("Exam", "ExamCreated", "2"),
        ("Exam", "ExamPostponed", "1"),
        ("ExamCopy", "ExamCreated", "1"),
        ("exam", "ExamCreated", "1"),
    ] {
        let reading = Reader::CURRENT.reading(aggregate_type, event_type, event_version);
        assert_eq!(reading, Reading::Unknown, "{aggregate_type} {event_type} {event_version:?}");
    }
    let types: Vec<_> = shape::all().map(|shape| (shape.event_type, shape.version)).collect();
    assert_eq!(types.iter().collect::<BTreeSet<_>>().len(), types.len());
}

#[test]
fn a_view_s_name_could_be_part_of_a_table_s_name() {
    for name in ["copies", "copy_locks", "a", "v2", &"x".repeat(ViewName::MAX_CHARACTERS)] {
        assert_eq!(name.parse::<ViewName>().unwrap().as_str(), name);
    }
    for text in ["", "Copies", "2v", "_copies", "copy-locks", "copies\"; DROP", "é", &"x".repeat(49)] {
        assert!(text.parse::<ViewName>().is_err(), "{text:?}");
    }
}
