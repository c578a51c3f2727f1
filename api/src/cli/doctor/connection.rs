//! Whether Postgres can be reached, directly enough for LISTEN.

use migrations::{check_server, place};
use sqlx::postgres::PgListener;
use uuid::Uuid;

use super::Patient;
use super::report::Report;

const CHECK: &str = "ledger database";
const LISTEN: &str = "LISTEN";

/// Whether the ledger's database answers: else there is nothing more to ask it.
pub(super) async fn ledger(patient: &Patient, report: &mut Report) -> bool {
    let options = patient.pool.connect_options();
    let at = place(&options);
    let reached = tokio::time::timeout(patient.longest, check_server(&options, &patient.schema)).await;
    let because = match reached {
        Ok(Ok(())) => {
            report.ok(CHECK, format!("{at} answers, as role {}", options.get_username()));
            return true;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("{at} gave no answer within {} s", patient.longest.as_secs_f32()),
    };
    report.fail(
        CHECK,
        because,
        "see that the server runs and that DATABASE_URL names it, directly or through a pool of sessions; nothing of the \
         ledger's database could be looked at",
    );
    false
}

/// Whether what one session tells, another that listens hears: behind a pool of transactions it does not.
pub(super) async fn listen(patient: &Patient, report: &mut Report) {
    let heard = tokio::time::timeout(patient.longest, heard(patient)).await;
    let because = match heard {
        Ok(Ok(())) => {
            report.ok(LISTEN, "what one session tells, another hears: direct, or through a pool of sessions");
            return;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("nothing was heard within {} s", patient.longest.as_secs_f32()),
    };
    report.fail(
        LISTEN,
        format!("a session does not hear what another tells: {because}"),
        "connect directly, or have the pooler keep a server connection for a whole session (PgBouncer: pool_mode = session): \
         views would wait for their next poll, and locks of sessions would go to others",
    );
}

async fn heard(patient: &Patient) -> Result<(), sqlx::Error> {
    let (channel, said) = (format!("{}_doctor", patient.schema), Uuid::now_v7().to_string());
    let mut listener = PgListener::connect_with(&patient.pool).await?;
    listener.listen(&channel).await?;
    sqlx::query("SELECT pg_notify($1, $2)").bind(&channel).bind(&said).execute(&patient.pool).await?;
    // Another doctor may be at work.
    while listener.recv().await?.payload() != said {}
    Ok(())
}
