//! What happened, as a person would want to read it.

use serde_json::Value;

use super::ShownTokens;
use super::expect::Expectations;
use super::script::{Played, Session, text};

/// Prints the session: each copy with its audit trail, and how to go on.
pub(super) fn print(
    session: &Session,
    base: &str,
    tokens: &ShownTokens,
    goes_on: bool,
) -> anyhow::Result<()> {
    let exam = text(&session.exam, "id")?;
    println!("\nExam {} ({exam})", text(&session.exam, "code")?);
    for played in &session.copies {
        print_copy(played)?;
    }
    if goes_on {
        print_way_on(session, base, tokens)?;
    }
    Ok(())
}

fn print_copy(played: &Played) -> anyhow::Result<()> {
    let copy = &played.copy;
    let id = text(copy, "id")?;
    println!("\nCopy {} · {} · {id}", played.scan.anonymous_id, played.scan.what);
    let status = text(copy, "status")?;
    match (&copy["grade"]["total"], &copy["marking"]["maximum"]) {
        (Value::Null, _) => {
            println!("  {status}, import {}", copy["import"]["state"].as_str().unwrap_or("?"))
        }
        (total, maximum) => println!("  {status}, {total} of {maximum} points"),
    }
    if let Some(path) = &played.final_pdf {
        println!("  final PDF: {}", path.display());
    }
    println!("  {:>8}  {:12}  {:14}  {:7}  what", "position", "time (UTC)", "action", "by");
    for entry in &played.trail {
        println!("  {}", line(entry));
    }
    Ok(())
}

/// One line of the audit trail.
fn line(entry: &Value) -> String {
    let field = |name: &str| entry[name].as_str().unwrap_or("?");
    // RFC 3339: the time of day, to the millisecond, stands from the 12th character.
    let time = field("recorded_at").get(11..23).unwrap_or("?");
    let position = entry["position"].to_string();
    let said = words(field("action"), &entry["metadata"]);
    format!("{position:>8}  {time:12}  {:14}  {:7}  {said}", field("action"), field("actor_role"))
}

/// What an entry says, in the words that fit its action.
fn words(action: &str, told: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    };
    let field = |name: &str| text(&told[name]);
    match action {
        "IMPORT_REQUEST" => format!("{}, {} bytes", field("filename"), field("source_bytes")),
        "IMPORT" if told["success"] == true => format!("{} pages of {}", field("pages"), field("filename")),
        "IMPORT" => format!("failed: {}", field("error")),
        "VALIDATE" => format!("scheme {} pinned", field("scheme_version")),
        "LOCK" => format!("until {}", field("expires_at").get(11..19).unwrap_or("?")),
        "CREATE_ANN" => annotation(told),
        "SCORE" => format!("question {}: {}", field("question"), field("after")),
        "REMARK" => format!("question {}: {}", field("question"), field("after")),
        "APPRECIATION" => field("after"),
        "FINALIZE_START" => {
            format!("frozen at sequence {}, {} points", field("basis_sequence"), field("score"))
        }
        "FINALIZE" if told["success"] == true => {
            format!("{} points, {} pages, {} retries", field("final_score"), field("pages"), field("retries"))
        }
        "FINALIZE" => format!("failed: {}", field("error")),
        "EXPORT" => format!("as {}", field("format")),
        _ => String::new(),
    }
}

fn annotation(told: &Value) -> String {
    let mark = &told["after"];
    let page = told["page"].as_u64().map_or(0, |index| index + 1);
    let mut said = format!("page {page}: {}", mark["kind"].as_str().unwrap_or("?"));
    if mark["points"].is_number() {
        said.push_str(&format!(" {}", mark["points"]));
    }
    if let Some(text) = mark["text"].as_str() {
        said.push_str(&format!(" {text}"));
    }
    said
}

fn print_way_on(session: &Session, base: &str, tokens: &ShownTokens) -> anyhow::Result<()> {
    let exam = text(&session.exam, "id")?;
    let graded = session.copies.first().map(|played| text(&played.copy, "id")).transpose()?;
    let graded = graded.unwrap_or_default();
    println!("\nGo on with (tokens that live for a day):");
    println!("  export ADMIN={}", tokens.admin);
    println!("  export GRADER={}", tokens.grader);
    println!("  export AUDITOR={}", tokens.auditor);
    println!("  curl -H \"Authorization: Bearer $AUDITOR\" {base}/api/exams/{exam}/copies");
    println!("  curl -H \"Authorization: Bearer $AUDITOR\" {base}/api/copies/{graded}/audit");
    println!("  curl -H \"Authorization: Bearer $ADMIN\" {base}/api/copies/{graded}/final-pdf -o final.pdf");
    println!("  curl {base}/metrics | grep grading_");
    println!("  curl -H \"Authorization: Bearer $AUDITOR\" {base}/api/openapi.json");
    Ok(())
}

/// Says whether all was as the script expects.
pub(super) fn print_expectations(expectations: &Expectations) {
    let differed = expectations.differed();
    if differed.is_empty() {
        println!("\nAll {} expectations held.", expectations.held());
        return;
    }
    println!("\n{} held, {} did not:", expectations.held(), differed.len());
    for difference in differed {
        println!("  {difference}");
    }
}
