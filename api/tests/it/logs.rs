//! What the logs say, and what they keep to themselves.

use std::fs;
use std::path::Path;

use gradeledger::limits::LogLimits;
use gradeledger::logs::{DEFAULT_FILTER, Format, LogError, LogOptions, subscriber};
use gradeledger::metrics::{Metrics, Sources};
use http::Method;
use serde_json::{Value, json};

use crate::http_frame::world::World;

fn options(folder: &Path, limits: LogLimits) -> LogOptions {
    LogOptions {
        format: Format::Json,
        folder: Some(folder.to_owned()),
        filter: DEFAULT_FILTER.to_owned(),
        limits,
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn levels_have_the_names_that_operators_watch_and_a_line_break_breaks_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let (subscriber, logs) = subscriber(&options(folder.path(), LogLimits::default())).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let outer = tracing::info_span!(
            "request",
            request_id = "r-1",
            user_id = "u-1",
            copy_id = tracing::field::Empty,
            trace_id = "t-1",
        );
        let _outer = outer.enter();
        let inner = tracing::info_span!("work", copy_id = "c-1", kind = "IMPORT", position = 7);
        let _inner = inner.enter();
        tracing::info!(pages = 12, "imported\n{{\"level\":\"forged\"}}");
        tracing::warn!("a lock conflict");
        tracing::error!("look at this");
        gradeledger::critical!(attempts = 3, "retries are exhausted");
        tracing::debug!("not asked for");
    });
    drop(logs);
    let lines = lines(&folder.path().join("ledger.log"));
    let levels: Vec<&Value> = lines.iter().map(|line| &line["level"]).collect();
    assert_eq!(levels, ["INFO", "WARNING", "ERROR", "CRITICAL"]);
    for line in &lines {
        assert_eq!(
            (&line["request_id"], &line["user_id"], &line["copy_id"]),
            (&json!("r-1"), &json!("u-1"), &json!("c-1"))
        );
        assert_eq!(
            (&line["position"], &line["trace_id"], &line["span_id"]),
            (&json!(7), &json!("t-1"), &json!(null))
        );
        assert!(line["timestamp"].as_str().unwrap().parse::<domain::Timestamp>().is_ok());
        assert_eq!(line["target"], "it::logs");
    }
    assert_eq!(lines[0]["message"], "imported\n{\"level\":\"forged\"}");
    assert_eq!(
        (&lines[0]["fields"], &lines[3]["fields"]),
        (&json!({"pages": 12, "kind": "IMPORT"}), &json!({"attempts": 3, "kind": "IMPORT"}))
    );
}

/// What an event or a span is told, in both formats.
fn told(filter: &str, say: impl FnOnce()) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir().unwrap();
    let options = LogOptions { filter: filter.to_owned(), ..options(folder.path(), LogLimits::default()) };
    let (subscriber, logs) = subscriber(&options).unwrap();
    tracing::subscriber::with_default(subscriber, say);
    drop(logs);
    let path = folder.path().join("ledger.log");
    (lines(&path), fs::read_to_string(path).unwrap())
}

#[test]
fn a_line_about_a_stream_has_the_copy_and_position_that_it_is_about() {
    let copy = uuid::Uuid::now_v7();
    let (lines, _) = told("info", || {
        tracing::error!(stream = %format!("ExamCopy {copy}"), position = 41, "a view stops");
        tracing::error!(stream = "Exam 1", "a view stops");
    });
    assert_eq!((&lines[0]["copy_id"], &lines[0]["position"]), (&json!(copy), &json!(41)));
    assert_eq!((&lines[1]["copy_id"], &lines[1]["position"]), (&json!(null), &json!(null)));
}

#[test]
fn no_value_from_outside_forges_a_line_or_commands_a_terminal() {
    const HOSTILE: &str =
        "x\n{\"level\":\"CRITICAL\"}\r\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}\u{2028}\u{2029}\0 user=root";
    let say = || {
        let span =
            tracing::error_span!("request", request_id = HOSTILE, user_id = HOSTILE, copy_id = HOSTILE);
        let _span = span.enter();
        tracing::error!(cause = HOSTILE, trace_id = HOSTILE, route = ?HOSTILE, "{HOSTILE}");
    };
    let (lines, json) = told("info", say);
    assert_eq!(lines.len(), 1);
    for told in
        [&lines[0]["message"], &lines[0]["request_id"], &lines[0]["user_id"], &lines[0]["fields"]["cause"]]
    {
        assert_eq!(told, HOSTILE, "JSON keeps what was said");
    }
    let text = as_text(say);
    for (format, shown) in [("JSON", &json), ("text", &text)] {
        let line = shown.strip_suffix('\n').unwrap();
        let bad = |it: char| it.is_control() || ('\u{2028}'..='\u{202e}').contains(&it) || it == '\u{2066}';
        assert!(!line.contains(bad), "{format}: {line:?}");
    }
    assert!(text.contains(" ERROR "), "{text}");
}

/// The same as text, which goes to stdout alone: a process of its own writes it.
fn as_text(say: impl FnOnce()) -> String {
    const CHILD: &str = "GRADELEDGER_TEST_LOGS_TEXT";
    let test = "logs::no_value_from_outside_forges_a_line_or_commands_a_terminal";
    if std::env::var_os(CHILD).is_some() {
        let options = LogOptions {
            format: Format::Text,
            folder: None,
            ..options(Path::new("/"), LogLimits::default())
        };
        let (subscriber, logs) = subscriber(&options).unwrap();
        tracing::subscriber::with_default(subscriber, say);
        drop(logs);
        std::process::exit(0);
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let output = child.args([test, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    // Before it stands what the test runner says.
    let at = said.find(" ERROR ").unwrap_or_else(|| panic!("{said}"));
    said[said[..at].rfind('\n').map_or(0, |end| end + 1)..].to_owned()
}

#[test]
fn a_filter_that_lets_warnings_through_leaves_their_ids_on_them() {
    let (lines, _) = told("warn", || {
        let _span = tracing::error_span!("request", request_id = "r-1").entered();
        tracing::info!("not asked for");
        tracing::warn!("asked for");
    });
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["level"], &lines[0]["request_id"]), (&json!("WARNING"), &json!("r-1")));
}

#[tokio::test]
async fn a_request_is_one_line_with_its_ids_and_without_its_query_and_commands_stand_in_the_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let (subscriber, logs) = subscriber(&options(folder.path(), LogLimits::default())).unwrap();
    let guard = crate::listening::listen(subscriber);
    let world = World::new().await;
    let copy = uuid::Uuid::now_v7();
    let read =
        world.ask(Method::GET, &format!("/shown/copies/{copy}?name=Anna")).header("x-request-id", "read-1");
    assert_eq!(read.send().await.unwrap().status(), 200);
    let mark =
        world.ask(Method::POST, "/shown/notes").header("x-request-id", "mark-1").json(&json!({"points": 1}));
    assert_eq!(mark.send().await.unwrap().status(), 200);
    // Of whoever is nobody here there is no line in the audit log: they could push the others out of its files.
    let nobody = world.bare(Method::POST, "/shown/notes").header("x-request-id", "nobody-1");
    assert_eq!(nobody.json(&json!({"points": 1})).send().await.unwrap().status(), 401);
    let fault = world.ask(Method::GET, "/shown/fault").header("x-request-id", "fault-1");
    assert_eq!(fault.send().await.unwrap().status(), 500);
    let panic = world.ask(Method::GET, "/shown/panic").header("x-request-id", "panic-1");
    assert_eq!(panic.send().await.unwrap().status(), 500);
    let admin = world.admin.clone();
    drop((world, guard, logs));

    let text = fs::read_to_string(folder.path().join("ledger.log")).unwrap();
    assert!(!text.contains("Anna") && !text.contains(&admin) && !text.contains("compass"), "{text}");
    let lines = lines(&folder.path().join("ledger.log"));
    let of = |id: &str| lines.iter().filter(|line| line["request_id"] == id).collect::<Vec<_>>();
    let read = of("read-1");
    assert_eq!(read.len(), 1);
    assert_eq!(
        (&read[0]["copy_id"], &read[0]["fields"]["route"]),
        (&json!(copy), &json!("/shown/copies/{copy}"))
    );
    assert!(uuid::Uuid::parse_str(read[0]["user_id"].as_str().unwrap()).is_ok());
    for (id, cause) in [
        ("fault-1", "the disk of db7 is full"),
        ("panic-1", "a handler panicked: the line of this request at CRITICAL says where"),
    ] {
        let error = of(id).into_iter().find(|line| line["level"] == "ERROR").unwrap();
        assert!(error["fields"]["cause"].as_str().unwrap().contains(cause), "{error}");
    }
    let audit = self::lines(&folder.path().join("audit.log"));
    assert_eq!(audit.len(), 1);
    assert_eq!((&audit[0]["request_id"], &audit[0]["user_id"]), (&json!("mark-1"), &read[0]["user_id"]));
}

#[tokio::test]
async fn every_line_is_written_or_counted_as_dropped() {
    const LINES: usize = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let limits = LogLimits { queue_lines: 1, ..LogLimits::default() };
    let (subscriber, logs) = subscriber(&options(folder.path(), limits)).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        for number in 0..LINES {
            tracing::info!(number, "a line");
        }
    });
    let (metrics, sources) = (Metrics::new(), Sources::default());
    sources.add(logs.source());
    sources.read(&metrics, std::time::Duration::from_secs(1)).await;
    drop(logs);
    let text = metrics.text();
    let dropped =
        text.lines().find_map(|line| line.strip_prefix("log_dropped_lines_total{log=\"ledger\"} ")).unwrap();
    let dropped: usize = dropped.parse().unwrap();
    assert!(dropped > 0, "a queue of one line holds up nobody");
    assert_eq!(lines(&folder.path().join("ledger.log")).len() + dropped, LINES);
}

#[test]
fn a_folder_or_filter_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = subscriber(&options(&file, LogLimits::default())).map(drop).unwrap_err();
    assert!(matches!(&refused, LogError::Unwritable { .. }));
    assert!(refused.to_string().contains("--log-dir"), "{refused}");
    let options =
        LogOptions { filter: "info,=x=".to_owned(), ..options(folder.path(), LogLimits::default()) };
    assert!(matches!(subscriber(&options).map(drop), Err(LogError::BadFilter { .. })));
}
