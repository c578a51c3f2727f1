//! What an answer needs that goes on after its headers: whether its reader may still read, and when the server stops.

use domain::access::Act;
use tokio::sync::watch;

use crate::tokens::{TokenError, TokenHash, Tokens};

/// Tells when a server is told to stop. A server that was dropped has stopped as well.
#[derive(Clone, Debug)]
pub(super) struct Stopping(pub(super) watch::Receiver<bool>);

impl Stopping {
    /// Waits until the server stops.
    pub(super) async fn told(&mut self) {
        // An error is a server that is gone.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// A caller who was let in, and may stay for as long as its token is valid.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    tokens: Tokens,
    token: TokenHash,
    act: Act,
    pub(super) stopping: Stopping,
}

impl Stay {
    pub(super) const fn new(tokens: Tokens, token: TokenHash, act: Act, stopping: Stopping) -> Self {
        Self { tokens, token, act, stopping }
    }

    /// Whether the token is still valid.
    pub(super) async fn is_allowed(&self) -> Result<bool, TokenError> {
        let actor = self.tokens.actor_of(self.token).await?;
        Ok(actor.is_some_and(|actor| actor.may(self.act)))
    }
}
