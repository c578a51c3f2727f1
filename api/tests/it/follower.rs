//! A client of Server-Sent Events, as WHATWG HTML (section 9.2.6) has it, as far as tests need one.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::routes::world::SOON;

/// An open stream.
pub(crate) struct Follower {
    response: Response,
    /// What came and is no whole block yet.
    text: Vec<u8>,
    /// What came and was not looked at.
    blocks: VecDeque<Block>,
    /// What the client would send when it comes back.
    pub(crate) last_id: Option<String>,
}

/// One block of a stream.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub(crate) id: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) data: Option<String>,
    pub(crate) retry: Option<Duration>,
}

impl Block {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.data.as_ref().unwrap()).unwrap()
    }

    /// The position of an event, which its id and its attribute must agree on.
    pub(crate) fn position(&self) -> i64 {
        let (_, number) = self.id.as_ref().unwrap().split_once('.').unwrap();
        let position: i64 = number.parse().unwrap();
        let attribute = format!("\"sequence\":\"{position:019}\"");
        assert!(self.data.as_ref().unwrap().contains(&attribute), "{self:?}");
        position
    }
}

impl Follower {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let headers = response.headers().clone();
        if response.status() != 200 {
            panic!("{}: {}", response.status(), response.text().await.unwrap());
        }
        assert_eq!(
            (&headers["content-type"], &headers["cache-control"]),
            (&"text/event-stream".parse().unwrap(), &"no-store".parse().unwrap())
        );
        Self { response, text: Vec::new(), blocks: VecDeque::new(), last_id: None }
    }

    /// The next block; none at the end of the body, which must be whole.
    pub(crate) async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some(block) = self.blocks.pop_front() {
                self.last_id = block.id.clone().or(self.last_id.take());
                return Some(block);
            }
            let piece = timeout(SOON, self.response.chunk()).await.expect("something comes");
            let Some(piece) = piece.expect("the body ends whole") else {
                assert!(self.text.is_empty(), "the body ends in the middle of a block");
                return None;
            };
            self.take(&piece);
        }
    }

    fn take(&mut self, piece: &[u8]) {
        self.text.extend_from_slice(piece);
        let Some(end) = self.text.windows(2).rposition(|two| two == b"\n\n") else { return };
        let rest = self.text.split_off(end + 2);
        let whole = String::from_utf8(std::mem::replace(&mut self.text, rest)).unwrap();
        self.blocks.extend(whole.split_terminator("\n\n").map(parsed));
    }

    /// The next block that a browser would dispatch.
    pub(crate) async fn dispatched(&mut self) -> Option<Block> {
        loop {
            match self.block().await? {
                Block { data: None, .. } => {}
                block => return Some(block),
            }
        }
    }

    /// The positions of the next `count` events.
    pub(crate) async fn positions(&mut self, count: usize) -> Vec<i64> {
        let mut positions = Vec::new();
        while positions.len() < count {
            let block = self.dispatched().await.expect("the stream goes on");
            assert_eq!(block.event, None, "{block:?}");
            positions.push(block.position());
        }
        positions
    }
}

fn parsed(text: &str) -> Block {
    let mut block = Block::default();
    let mut data = Vec::new();
    for line in text.lines() {
        let (field, value) = line.split_once(':').unwrap();
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match field {
            "" => block.comment = Some(value),
            "id" => block.id = Some(value),
            "event" => block.event = Some(value),
            "retry" => block.retry = Some(Duration::from_millis(value.parse().unwrap())),
            "data" => data.push(value),
            other => panic!("a field {other}"),
        }
    }
    if !data.is_empty() {
        block.data = Some(data.join("\n"));
    }
    block
}
