//! A body that ends with an error at its limit of bytes or time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It has more bytes than the route takes.
    #[error("the body is larger than the {limit_bytes} bytes that this path takes")]
    TooLarge {
        /// How many it takes.
        limit_bytes: u64,
    },
    /// It did not arrive in time.
    #[error("the body did not arrive within {limit_seconds} seconds")]
    TooSlow {
        /// How long it may take.
        limit_seconds: u64,
    },
    /// The connection broke.
    #[error("the body could not be read")]
    Broken(#[source] hyper::Error),
}

/// What is done about the rest of a body that nobody reads.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Drain {
    /// How much of it is read and thrown away.
    pub(in crate::http) bytes: u64,
    /// For how long.
    pub(in crate::http) time: Duration,
}

/// A request body within its limits.
///
/// Where it is dropped before its end, because the request was refused, a task goes on reading for a while:
/// a server that closes on a client in mid-sentence makes its kernel throw the answer away (RFC 9112, section 9.6).
#[derive(Debug)]
pub(in crate::http) struct BoundedBody {
    incoming: Option<Incoming>,
    limit_bytes: u64,
    read_bytes: u64,
    time: Duration,
    deadline: Pin<Box<Sleep>>,
    drain: Drain,
}

impl BoundedBody {
    /// `incoming`, at most `limit_bytes` of it, and by `time` from now.
    pub(in crate::http) fn new(incoming: Incoming, limit_bytes: u64, time: Duration, drain: Drain) -> Self {
        let deadline = Box::pin(tokio::time::sleep(time));
        Self { incoming: Some(incoming), limit_bytes, read_bytes: 0, time, deadline, drain }
    }
}

impl Body for BoundedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Some(incoming) = &mut this.incoming else { return Poll::Ready(None) };
        match Pin::new(incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.read_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.read_bytes > this.limit_bytes {
                    return Poll::Ready(Some(Err(BodyError::TooLarge { limit_bytes: this.limit_bytes })));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(BodyError::Broken(error)))),
            Poll::Ready(None) => {
                this.incoming = None;
                Poll::Ready(None)
            }
            Poll::Pending => match this.deadline.as_mut().poll(context) {
                Poll::Ready(()) => {
                    let limit_seconds = this.time.as_secs();
                    Poll::Ready(Some(Err(BodyError::TooSlow { limit_seconds })))
                }
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for BoundedBody {
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take().filter(|incoming| !incoming.is_end_stream()) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(drain(incoming, self.drain));
        }
    }
}

async fn drain(mut incoming: Incoming, limit: Drain) {
    let read = async {
        let mut left = limit.bytes;
        while let Some(Ok(frame)) = incoming.frame().await {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(bytes) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Whether it ended or not, dropping the body lets hyper close the connection.
    let _ = tokio::time::timeout(limit.time, read).await;
}
