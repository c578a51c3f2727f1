//! Tells readers that something was appended: NOTIFY, in a statement and on a connection of its own.
//!
//! Inside the appending transaction it would serialise the commits of every database of the cluster; behind it on the same
//! connection it would make the next batch wait. A lost notification costs a reader its polling interval and nothing else.

use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::LedgerLimits;
use super::session::Session;

/// Runs until the batcher is gone. Sends the newest position only, however many were appended meanwhile.
pub(super) async fn run(
    mut appended: watch::Receiver<i64>,
    channel: String,
    options: PgConnectOptions,
    limits: LedgerLimits,
) {
    // A NOTIFY has nothing that a crash could lose, so its commit need not wait for the disk.
    let options = options.options([("synchronous_commit", "off")]);
    let mut session = Session::new(&options, &limits);
    while appended.changed().await.is_ok() {
        let position = *appended.borrow_and_update();
        if let Err(error) = notify(&mut session, &channel, position, &limits).await {
            tracing::warn!(
                cause = domain::chain(&error),
                position,
                "readers were not notified; they find it by polling"
            );
            session.lose();
            session.back_off(Instant::now() + limits.longest_backoff).await;
        } else {
            session.works();
            sleep(limits.notify_gap).await;
        }
    }
}

async fn notify(
    session: &mut Session,
    channel: &str,
    position: i64,
    limits: &LedgerLimits,
) -> Result<(), sqlx::Error> {
    let connection = session.connection().await?;
    let notify =
        sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(position.to_string()).execute(connection);
    match timeout(limits.connect_timeout, notify).await {
        Ok(notified) => notified.map(drop),
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}
