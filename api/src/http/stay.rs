//! What an answer needs that goes on after its headers: whether its reader may still read, and when the server stops.

use std::sync::Arc;

use domain::ActorId;
use domain::access::Act;
use tokio::sync::watch;

use super::admission::Share;
use super::callers::{Callers, Shown};
use crate::oidc::NotLetIn;

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

/// A caller who was let in, and may stay for as long as what they showed is valid.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    callers: Callers,
    shown: Shown,
    act: Act,
    pub(super) stopping: Stopping,
    _share: Option<Arc<Share<ActorId>>>,
}

impl Stay {
    /// With the share of the streams that it takes, which is given back with the last clone.
    pub(super) fn new(
        (callers, shown): (Callers, Shown),
        act: Act,
        stopping: Stopping,
        share: Option<Share<ActorId>>,
    ) -> Self {
        Self { callers, shown, act, stopping, _share: share.map(Arc::new) }
    }

    /// Whether it still is.
    pub(super) async fn is_allowed(&self) -> Result<bool, NotLetIn> {
        match self.callers.again(&self.shown).await {
            Ok(actor) => Ok(actor.may(self.act)),
            Err(NotLetIn::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
