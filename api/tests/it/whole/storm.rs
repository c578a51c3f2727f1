//! Eight clients with a thousand commands, who repeat what was not answered, as clients with keys should.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use domain::CopyId;
use futures::future::join_all;
use http::Method;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::desk::{Desk, Held};
use super::place::Place;
use super::{LOOK, PATIENCE, seen};

pub(super) const CLIENTS: usize = 8;
const COMMANDS_EACH: usize = 125;
pub(super) const COMMANDS: usize = CLIENTS * COMMANDS_EACH;

/// What one command must leave in the ledger: an exam's code, or points on a copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Trace {
    Exam(String),
    Points(CopyId, i64),
}

/// Each client has a copy in hand that nobody else touches.
pub(super) struct Storm<'a> {
    desk: &'a Desk,
    hands: Vec<Held>,
    answered: Mutex<HashMap<Trace, Value>>,
    /// How often a command was sent again, since it had got no answer or one that says to come back.
    repeats: AtomicUsize,
}

impl<'a> Storm<'a> {
    pub(super) async fn prepare(desk: &'a Desk) -> Self {
        let exam = desk.exam().await;
        let hands = join_all((0..CLIENTS).map(async |n| desk.held(exam, &format!("C-{n}"), 1).await)).await;
        Self { desk, hands, answered: Mutex::default(), repeats: AtomicUsize::new(0) }
    }

    /// Sends everything, each command until it is answered.
    pub(super) async fn rage(&self) {
        join_all((0..CLIENTS).map(async |client| {
            for n in 0..COMMANDS_EACH {
                let answer = self.insist(client, n).await;
                self.answered.lock().unwrap().insert(self.trace(client, n), answer);
            }
        }))
        .await;
    }

    /// What has been answered by now.
    pub(super) fn answered(&self) -> Vec<Trace> {
        self.answered.lock().unwrap().keys().cloned().collect()
    }

    pub(super) async fn answered_at_least(&self, count: usize) {
        seen("enough commands are answered", async || (self.answered().len() >= count).then_some(())).await;
    }

    pub(super) fn repeats(&self) -> usize {
        self.repeats.load(Ordering::Relaxed)
    }

    /// Sends each tenth command once more: it must get its first answer.
    pub(super) async fn assert_repeats_get_the_first_answer(&self) {
        for command in (0..COMMANDS).step_by(10) {
            let (client, n) = (command / COMMANDS_EACH, command % COMMANDS_EACH);
            let first = self.answered.lock().unwrap()[&self.trace(client, n)].clone();
            assert_eq!(self.insist(client, n).await, first);
        }
    }

    fn trace(&self, client: usize, n: usize) -> Trace {
        if n.is_multiple_of(2) {
            Trace::Exam(format!("STORM-{client}-{n}"))
        } else {
            Trace::Points(self.hands[client].copy, i64::try_from(n).unwrap())
        }
    }

    fn request(&self, client: usize, n: usize) -> RequestBuilder {
        let desk = self.desk;
        let request = match self.trace(client, n) {
            Trace::Exam(code) => desk
                .bare(Method::POST, "/api/exams")
                .bearer_auth(&desk.admin.token)
                .json(&json!({ "code": code })),
            Trace::Points(copy, hundredths) => {
                let points: Value =
                    serde_json::from_str(&format!("{}.{:02}", hundredths / 100, hundredths % 100)).unwrap();
                desk.bare(Method::PUT, &format!("/api/copies/{copy}/scores/1"))
                    .bearer_auth(&desk.grader.token)
                    .header("x-lock-token", &self.hands[client].token)
                    .json(&json!({ "points": points }))
            }
        };
        request.header("idempotency-key", format!("storm-{client}-{n}"))
    }

    async fn insist(&self, client: usize, n: usize) -> Value {
        let began = Instant::now();
        loop {
            if let Ok(response) = self.request(client, n).send().await {
                let status = response.status().as_u16();
                // An answer that breaks off is no answer.
                if let Ok(body) = response.json::<Value>().await {
                    match status {
                        200 | 201 => return body,
                        503 => {}
                        _ => panic!("{status} for {:?}: {body}", self.trace(client, n)),
                    }
                }
            }
            self.repeats.fetch_add(1, Ordering::Relaxed);
            assert!(began.elapsed() < PATIENCE, "{:?} is never answered", self.trace(client, n));
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// How often each command has left its trace in the ledger.
pub(super) async fn traces(place: &Place) -> HashMap<Trace, usize> {
    let exams = place.payloads("ExamCreated").await.into_iter().filter_map(|(_, payload)| {
        let code = payload["ExamCreated"]["code"].as_str().unwrap().to_owned();
        code.starts_with("STORM").then_some(Trace::Exam(code))
    });
    let scores = place.payloads("QuestionScored").await.into_iter().map(|(copy, payload)| {
        Trace::Points(copy.parse().unwrap(), payload["QuestionScored"]["after"].as_i64().unwrap())
    });
    let mut traces = HashMap::new();
    for trace in exams.chain(scores) {
        *traces.entry(trace).or_default() += 1;
    }
    traces
}

/// Nothing that was acknowledged is lost, and nothing is doubled, whatever else became of the rest.
pub(super) async fn assert_kept(place: &Place, acknowledged: &[Trace]) {
    let traces = traces(place).await;
    for trace in acknowledged {
        assert_eq!(traces.get(trace), Some(&1), "{trace:?} was acknowledged");
    }
    assert!(traces.values().all(|count| *count == 1), "doubled: {traces:?}");
}

/// Every command is there once, the ledger is sound, repeats append nothing, and the views are what a fresh fold gives.
pub(super) async fn assert_weathered(place: &Place, storm: &Storm<'_>) {
    assert_kept(place, &storm.answered()).await;
    assert_eq!((traces(place).await.len(), storm.answered().len()), (COMMANDS, COMMANDS));
    let head = head(place).await;
    storm.assert_repeats_get_the_first_answer().await;
    assert_eq!(self::head(place).await, head, "a repeat was applied");
    place.assert_sound().await;
    let rows = place.rows().await;
    let rebuilt = super::process::run_at(place, &["rebuild", "--all"]).await;
    assert!(rebuilt.status.success(), "{}", super::process::stderr(&rebuilt));
    assert_eq!(place.rows().await, rows);
}

async fn head(place: &Place) -> i64 {
    sqlx::query_scalar("SELECT max(position) FROM events").fetch_one(place.pool()).await.unwrap()
}
