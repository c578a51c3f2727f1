//! LISTEN: it wakes who reads when something was appended. Losing it costs no more than a poll's time.

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::watch;
use tracing::warn;

use super::backoff::Backoff;
use crate::channel::channel_of;

pub(crate) struct Listening {
    pub(crate) options: PgConnectOptions,
    pub(crate) backoff: Backoff,
    pub(crate) wake: watch::Sender<u64>,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Listening {
    pub(crate) async fn run(mut self) {
        let mut stop = self.stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.listen() => {}
        }
    }

    async fn listen(&mut self) {
        loop {
            let Err(error) = self.session().await;
            warn!(cause = domain::chain(&error), "listening for appends was interrupted; polling goes on");
            tokio::time::sleep(self.backoff.wait()).await;
        }
    }

    async fn session(&mut self) -> Result<std::convert::Infallible, sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(self.options.clone());
        let channel = channel_of(&mut *pool.acquire().await?).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(&channel).await?;
        self.backoff.reset();
        loop {
            // What was appended before, and between two connections, was told to nobody.
            self.wake.send_modify(|count| *count = count.wrapping_add(1));
            listener.try_recv().await?;
        }
    }
}
