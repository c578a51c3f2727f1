//! A client of Server-Sent Events, as WHATWG HTML (section 9.2.6) has it, as far as tests need one.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::routes::world::{SOON, Said, heard};

/// An open stream.
pub(crate) struct Follower {
    response: Response,
    /// What came and is no whole block yet.
    text: Vec<u8>,
    /// What the client would send when it comes back.
    pub(crate) last_id: Option<String>,
}

/// One block of a stream.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub(crate) id: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) data: Option<Value>,
    pub(crate) retry: Option<Duration>,
}

impl Follower {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response, text: Vec::new(), last_id: None }
    }

    /// A request that is refused before it becomes a stream.
    pub(crate) async fn refused(request: RequestBuilder) -> Said {
        heard(request).await
    }

    /// The next block; none at the end of the body, which must be whole.
    pub(crate) async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let rest = self.text.split_off(end + 2);
                let block = std::mem::replace(&mut self.text, rest);
                let block = parsed(std::str::from_utf8(&block).unwrap());
                if let Some(id) = &block.id {
                    self.last_id = Some(id.clone());
                }
                return Some(block);
            }
            let piece = timeout(SOON, self.response.chunk()).await.expect("something comes");
            match piece.expect("the body ends whole") {
                Some(piece) => self.text.extend_from_slice(&piece),
                None => {
                    assert!(self.text.is_empty(), "the body ends in the middle of a block");
                    return None;
                }
            }
        }
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
            positions.push(position(&block));
        }
        positions
    }
}

/// The position of an event, which its id and its attribute must agree on.
pub(crate) fn position(block: &Block) -> i64 {
    let data = block.data.as_ref().unwrap();
    let position: i64 = data["sequence"].as_str().unwrap().parse().unwrap();
    assert!(block.id.as_ref().unwrap().ends_with(&format!(".{position}")), "{block:?}");
    position
}

fn parsed(text: &str) -> Block {
    let mut block = Block::default();
    let mut data = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
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
        block.data = Some(serde_json::from_str(&data.join("\n")).unwrap());
    }
    block
}
