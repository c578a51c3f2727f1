//! Where streams stand, for many who ask at the same time: one statement answers all that wait, over a connection of its own.
//!
//! Nearly every request has to know whether what it holds of a stream is still true. Asked one by one, over a pool that tests a
//! connection before and after, that is most of what a busy service asks its database.
//!
//! Architecture invariant: a look is sent after whoever waits for it asked, so what it answers is no older than the question.

use domain::Digest;
use sqlx::Row as _;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::call::digest;
use super::error::Trouble;
use super::session::Session;
use super::{LedgerError, LedgerLimits};

/// Sequence and leaf of a stream's last event; none where it has no event.
pub(super) type Last = Option<(i64, Digest)>;

/// Someone who asks where a stream stands.
pub(super) struct Asked {
    stream: (&'static str, Uuid),
    reply: oneshot::Sender<Result<Last, LedgerError>>,
}

/// Where the asking end hands its questions in.
pub(super) type Looks = mpsc::Sender<Asked>;

/// Where this stream stands now.
pub(super) async fn last_event(looks: &Looks, stream: (&'static str, Uuid)) -> Result<Last, LedgerError> {
    let (reply, answered) = oneshot::channel();
    looks.send(Asked { stream, reply }).await.map_err(|_| LedgerError::Closed)?;
    answered.await.map_err(|_| LedgerError::Closed)?
}

/// Runs until every handle of the ledger is gone.
pub(super) async fn run(mut asked: mpsc::Receiver<Asked>, options: PgConnectOptions, limits: LedgerLimits) {
    let mut session = Session::new(&looking(&options), &limits);
    let mut waiting = Vec::new();
    while asked.recv_many(&mut waiting, limits.batch_commands).await > 0 {
        waiting.retain(|asked| !asked.reply.is_closed());
        if waiting.is_empty() {
            continue;
        }
        match look_until_answered(&mut session, &waiting, &limits).await {
            Ok(found) => waiting.drain(..).zip(found).for_each(|(asked, last)| asked.answer(Ok(last))),
            Err(error) => {
                let error = LedgerError::from(error);
                waiting.drain(..).for_each(|asked| asked.answer(Err(error.clone())));
            }
        }
    }
}

impl Asked {
    fn answer(self, last: Result<Last, LedgerError>) {
        // Whoever went away does not miss it.
        let _ = self.reply.send(last);
    }
}

/// Looks, and where the connection is lost, again over another one for as long as opening one may take.
async fn look_until_answered(
    session: &mut Session,
    asked: &[Asked],
    limits: &LedgerLimits,
) -> Result<Vec<Last>, sqlx::Error> {
    let deadline = Instant::now() + limits.connect_timeout;
    loop {
        let looked = timeout(limits.call_timeout(), look(session, asked)).await;
        let error =
            match looked.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())) {
                Ok(found) => {
                    session.works();
                    return Ok(found);
                }
                Err(error) => error,
            };
        session.lose();
        if Trouble::of(&error) == Trouble::Refused || Instant::now() >= deadline {
            return Err(error);
        }
        session.back_off(deadline).await;
    }
}

async fn look(session: &mut Session, asked: &[Asked]) -> Result<Vec<Last>, sqlx::Error> {
    let rows = sqlx::query(include_str!("last_events.sql"))
        .bind(asked.iter().map(|asked| asked.stream.0).collect::<Vec<&str>>())
        .bind(asked.iter().map(|asked| asked.stream.1.to_string()).collect::<Vec<String>>())
        .fetch_all(session.connection().await?)
        .await?;
    if rows.len() != asked.len() {
        return Err(sqlx::Error::Protocol(format!("{} streams for {} asked", rows.len(), asked.len())));
    }
    let last = |row| match sqlx::postgres::PgRow::try_get::<Option<i64>, _>(row, 0)? {
        Some(sequence) => Ok(Some((sequence, digest(row, 1)?))),
        None => Ok(None),
    };
    rows.iter().map(last).collect()
}

/// The options of the connection that looks.
fn looking(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([
        // A plan that was cached while `events` was nearly empty must not read it whole when it is not.
        ("enable_seqscan", "off"),
        ("jit", "off"),
        ("plan_cache_mode", "force_generic_plan"),
    ])
}
