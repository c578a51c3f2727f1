//! A copy's past as a person reads it, from the document that the API answers.

use std::fmt::Display;

use serde_json::Value;

use crate::app::Spelling;
use crate::cli::stdout::on_a_line;

/// The longest sentence of a line, in characters; the whole text is in the JSON.
const SENTENCE: usize = 160;
/// The longest text of a grader on a line, in characters.
const TEXT: usize = 80;

/// Lines of text.
#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: impl Display) {
        self.0.push_str(&format!("{line}\n"));
    }

    /// A named value.
    fn fact(&mut self, name: &str, value: impl Display) {
        self.line(format_args!("  {name:14}{value}"));
    }
}

/// Every event, and the copy as it stands.
pub(super) fn life(document: &Value) -> String {
    let mut page = Page::default();
    acts(&mut page, &document["acts"]);
    page.line("");
    page.0 + &state(document)
}

/// The copy at a moment.
pub(super) fn state(document: &Value) -> String {
    let (copy, mut page) = (&document["copy"], Page::default());
    page.line(as_of(&document["as_of"]));
    page.fact("copy", format_args!("{} ({})", text(&copy["anonymous_id"]), text(&copy["id"])));
    page.fact("exam", text(&copy["exam_id"]));
    page.fact("status", text(&copy["status"]));
    if !copy["import"].is_null() && copy["import"]["state"] != "done" {
        page.fact("import", text(&copy["import"]["state"]));
    }
    page.fact("pages", list(&copy["pages"]).len());
    marking(&mut page, &copy["marking"]);
    if !document["lock"].is_null() {
        page.fact("lock", lock(&document["lock"]));
    }
    ends(&mut page, copy);
    for standing in list(&document["annotations"]) {
        page.line(annotation(standing));
    }
    page.0
}

/// What graders did; nothing before validation and after voiding.
fn marking(page: &mut Page, marking: &Value) {
    if marking.is_null() {
        return;
    }
    page.fact("marking", format_args!("{}, by scheme {}", marking["cycle"], marking["scheme_version"]));
    for question in list(&marking["questions"]) {
        page.fact(&format!("question {}", text(&question["id"])), scored(question));
    }
    let (count, points) = (&marking["annotations"], &marking["annotation_points"]);
    page.fact("annotations", format_args!("{count} ({points} points)"));
    page.fact("total", format_args!("{} of {}", marking["total"], marking["maximum"]));
    if !marking["appreciation"].is_null() {
        page.fact("appreciation", quoted(&marking["appreciation"]));
    }
}

/// What changed between two moments.
pub(super) fn diff(document: &Value) -> String {
    let mut page = Page::default();
    page.line(format_args!("From {}", as_of(&document["from"])));
    page.line(format_args!("to   {}", as_of(&document["to"])));
    page.line("");
    let changes = list(&document["changes"]);
    page.line(if changes.is_empty() {
        "Nothing stands otherwise than it stood."
    } else {
        "What stands otherwise:"
    });
    for change in changes {
        page.line(format_args!("  {}", on_a_line(&text(&change["words"]), SENTENCE)));
    }
    page.line("");
    if list(&document["acts"]).is_empty() {
        page.line("Nothing happened in between.");
    } else {
        page.line("What happened in between, whether or not it still stands:");
        acts(&mut page, &document["acts"]);
    }
    page.0
}

/// One line an event.
fn acts(page: &mut Page, acts: &Value) {
    page.line(format_args!("{:>6}  {:19}  {:17}  {:>8}  what", "event", "time (UTC)", "who", "total"));
    for act in list(acts) {
        let (sequence, time) =
            (act["sequence"].to_string(), Spelling::Brief.instant(&text(&act["recorded_at"])));
        let who = format!("{} {}", text(&act["actor_role"]), Spelling::Brief.id(&text(&act["actor_id"])));
        let total = if act["total"].is_null() { String::new() } else { act["total"].to_string() };
        let words = on_a_line(&text(&act["words"]), SENTENCE);
        page.line(format_args!("{sequence:>6}  {time:19}  {who:17}  {total:>8}  {words}"));
    }
}

fn as_of(moment: &Value) -> String {
    let [at, recorded] = ["at", "recorded_at"].map(|name| Spelling::Brief.instant(&text(&moment[name])));
    let since = if at == recorded { String::new() } else { format!(" of {recorded}") };
    let (event, position) = (&moment["sequence"], &moment["position"]);
    let event_type = text(&moment["event_type"]);
    format!("{at} UTC, after event {event} ({event_type}{since}; position {position} of the ledger)")
}

fn scored(question: &Value) -> String {
    let points =
        if question["points"].is_null() { "none".to_owned() } else { question["points"].to_string() };
    let mut said = format!("{points} of {}", question["maximum"]);
    if !question["remark"].is_null() {
        said.push_str(&format!("  {}", quoted(&question["remark"])));
    }
    said
}

fn lock(lock: &Value) -> String {
    let (owner, until) = (text(&lock["owner_id"]), text(&lock["expires_at"]));
    let until = Spelling::Brief.instant(&until);
    let runs = if lock["live"] == true { "until" } else { "lapsed at" };
    format!("{}, {runs} {until} UTC", Spelling::Brief.id(&owner))
}

/// How the copy ended, or failed to.
fn ends(page: &mut Page, copy: &Value) {
    let run = &copy["finalisation"];
    if !run.is_null() {
        let (attempt, basis) = (&run["attempt"], &run["basis_sequence"]);
        page.fact("final PDF", format_args!("attempt {attempt}, on event {basis}"));
    }
    let failure = &copy["last_failure"];
    if !failure.is_null() {
        let (work, stage, error) =
            (text(&failure["work"]), text(&failure["stage"]), text(&failure["error_type"]));
        page.fact("last failure", format_args!("{work} at stage {stage}: {error}"));
    }
    let grade = &copy["grade"];
    if !grade.is_null() {
        let pdf = text(&grade["pdf_sha256"]);
        page.fact("outcome", format_args!("{} points, final PDF SHA-256 {pdf}", grade["total"]));
    }
    if !copy["voided"].is_null() {
        page.fact("voided", format_args!("because {}", quoted(&copy["voided"]["reason"])));
    }
}

fn annotation(annotation: &Value) -> String {
    let page = annotation["page_index"].as_u64().unwrap_or_default() + 1;
    let number = annotation["number"].to_string();
    let mut said = format!("{number:>4}. page {page}: {}", text(&annotation["kind"]));
    if !annotation["points"].is_null() {
        said.push_str(&format!(" {}", annotation["points"]));
    }
    if !annotation["question"].is_null() {
        said.push_str(&format!(", question {}", text(&annotation["question"])));
    }
    if !annotation["text"].is_null() {
        said.push_str(&format!(", {}", quoted(&annotation["text"])));
    }
    said
}

fn quoted(value: &Value) -> String {
    format!("“{}”", on_a_line(&text(value), TEXT))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
