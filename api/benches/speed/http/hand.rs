//! What a grader does with a copy, from taking it in hand to its finalisation: the mix.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::connection::{Answered, Connection};
use super::world::{PAGES, QUESTIONS, ToMark};

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Lock,
    Heartbeat,
    Annotate,
    Revise,
    Score,
    ReadPage,
    ReadCopy,
    Finalise,
}

impl Verb {
    pub(super) const ALL: [Self; 8] = [
        Self::Lock,
        Self::Heartbeat,
        Self::Annotate,
        Self::Revise,
        Self::Score,
        Self::ReadPage,
        Self::ReadCopy,
        Self::Finalise,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Heartbeat => "heartbeat",
            Self::Annotate => "annotate",
            Self::Revise => "revise",
            Self::Score => "score",
            Self::ReadPage => "read a page",
            Self::ReadCopy => "read the copy",
            Self::Finalise => "finalise",
        }
    }

    const fn good(self) -> StatusCode {
        match self {
            Self::Annotate => StatusCode::CREATED,
            Self::Finalise => StatusCode::ACCEPTED,
            _ => StatusCode::OK,
        }
    }
}

/// What is done to one copy, in order: each page is read and gets a mark; some marks are thought over, every second page gives a
/// score, the lease is renewed as often; the copy is read before, in the middle and after. That is 45 requests, 30 of them acts,
/// the last of which has the final PDF made.
pub(super) fn script() -> Vec<Verb> {
    let mut script = vec![Verb::Lock, Verb::ReadCopy];
    for page in 0..PAGES {
        script.extend([Verb::ReadPage, Verb::Annotate]);
        if page % 3 == 2 {
            script.push(Verb::Revise);
        }
        if page % 2 == 1 {
            script.extend([Verb::Score, Verb::Heartbeat]);
        }
        if page == PAGES / 2 {
            script.push(Verb::ReadCopy);
        }
    }
    script.extend([Verb::ReadCopy, Verb::Finalise]);
    script
}

/// A mark that was put.
struct Mark {
    id: String,
    revision: u64,
}

/// A copy in the hands of a grader, over a connection of its own. What is done with it comes in order.
pub(super) struct Hand {
    connection: Connection,
    to_mark: Arc<ToMark>,
    script: Vec<Verb>,
    next: usize,
    /// How often something was done.
    turn: u64,
    path: String,
    lock: String,
    seen: String,
    mark: Option<Mark>,
}

/// What came of the requests of one run.
#[derive(Default)]
pub(super) struct Outcomes {
    /// From when each was due to the end of its answer.
    pub(super) times: Vec<(Verb, Duration)>,
    /// Answers that are none of what was asked for: how many, by verb and status, and what the last one said.
    pub(super) errors: BTreeMap<(Verb, u16), (usize, String)>,
}

impl Hand {
    /// Takes a copy in hand, and stands so far in its script.
    pub(super) async fn open(connection: Connection, to_mark: Arc<ToMark>, at: usize) -> Self {
        let (script, path, lock, seen) = (script(), String::new(), String::new(), String::new());
        let mut hand = Self { connection, to_mark, script, next: 0, turn: 0, path, lock, seen, mark: None };
        let (verb, answered) = hand.act().await;
        assert_eq!(answered.status, verb.good(), "{}", answered.text());
        hand.next = (at % hand.script.len()).max(1);
        hand
    }

    /// Does what comes next, which was due at `due`.
    pub(super) async fn go_on(&mut self, due: Instant, outcomes: &mut Outcomes) {
        let (verb, answered) = self.act().await;
        outcomes.times.push((verb, due.elapsed()));
        if answered.status != verb.good() {
            let (count, said) = outcomes.errors.entry((verb, answered.status.as_u16())).or_default();
            (*count, *said) = (*count + 1, answered.text().to_owned());
        }
    }

    async fn act(&mut self) -> (Verb, Answered) {
        let wanted = self.script[self.next];
        self.next = (self.next + 1) % self.script.len();
        self.turn += 1;
        // A hand that came in later in the script has no mark to think over yet.
        let verb = if wanted == Verb::Revise && self.mark.is_none() { Verb::Annotate } else { wanted };
        if verb == Verb::Lock {
            self.path = format!("/api/copies/{}", self.to_mark.next());
            self.mark = None;
        }
        let (method, tail, body) = self.request(verb);
        let path = format!("{}{tail}", self.path);
        // Who reads the copy is to see what they just did.
        let shown = match verb {
            Verb::ReadCopy => ("ledger-position", self.seen.as_str()),
            _ => ("x-lock-token", self.lock.as_str()),
        };
        let headers = if shown.1.is_empty() { &[][..] } else { &[shown][..] };
        let answered = self.connection.ask(method, &path, headers, &body).await;
        if answered.status == verb.good() {
            self.learn(verb, &answered);
        }
        (verb, answered)
    }

    fn request(&self, verb: Verb) -> (Method, String, Value) {
        let (turn, page) = (self.turn, self.turn % u64::from(PAGES));
        match verb {
            Verb::Lock => (Method::POST, "/lock".to_owned(), json!({"ttl_seconds": 3600})),
            Verb::Heartbeat => (Method::POST, "/lock/heartbeat".to_owned(), json!({})),
            Verb::Annotate => {
                let mark = json!({
                    "page_index": page, "box": {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.05},
                    "kind": "ERROR", "points": -0.25, "question": "1",
                    "text": format!("Il manque l’étape {turn} : l’hypothèse de récurrence n’est pas énoncée."),
                });
                (Method::POST, "/annotations".to_owned(), mark)
            }
            Verb::Revise => {
                let Mark { id, revision } = self.mark.as_ref().unwrap();
                let text = format!("Non, elle y est ({turn}), mais plus bas.");
                (
                    Method::PATCH,
                    format!("/annotations/{id}"),
                    json!({"revision": revision, "text": text, "points": 0}),
                )
            }
            Verb::Score => {
                let question = turn % u64::from(QUESTIONS) + 1;
                (Method::PUT, format!("/scores/{question}"), json!({"points": turn % 4}))
            }
            Verb::ReadPage => (Method::GET, format!("/pages/{page}.png"), Value::Null),
            Verb::ReadCopy => (Method::GET, String::new(), Value::Null),
            Verb::Finalise => (Method::POST, "/finalize".to_owned(), json!({})),
        }
    }

    fn learn(&mut self, verb: Verb, answered: &Answered) {
        if let Some(position) = answered.headers.get("ledger-position") {
            self.seen = position.to_str().unwrap().to_owned();
        }
        match verb {
            Verb::Lock => self.lock = answered.json()["token"].as_str().unwrap().to_owned(),
            Verb::Annotate | Verb::Revise => {
                let mark = answered.json();
                let id = mark["id"].as_str().unwrap().to_owned();
                self.mark = Some(Mark { id, revision: mark["revision"].as_u64().unwrap() });
            }
            _ => {}
        }
    }
}
