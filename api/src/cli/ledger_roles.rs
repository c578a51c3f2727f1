//! The roles that the parts of the service connect as, where the ledger was hardened: a URL each.

use anyhow::{Context as _, bail};
use migrations::roles::{Part, recorded};
use migrations::{MigrationStanding, keys_standing, ledger_standing, place};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::settings::Place;

/// What to do where the database is not as this version needs it. The roles of the service may not do it themselves.
const MIGRATE: &str = "as the owner of the ledger, with DATABASE_URL and KEYS_URL set to the owners' own, run `gradeledger migrate`";
/// What to do where the roles are not there.
const HARDEN: &str = "as the owner of the ledger, with DATABASE_URL and KEYS_URL set to the owners' own, run `gradeledger db harden`";

/// How each part of the service connects to the ledger's database.
#[derive(Clone)]
pub(crate) struct LedgerRoles {
    pub(crate) writer: PgConnectOptions,
    pub(crate) projector: PgConnectOptions,
    pub(crate) reader: PgConnectOptions,
}

impl LedgerRoles {
    /// The URLs of the environment: all three, or none. A part without one of its own would run under another's rights.
    pub(crate) fn of(at: &Place) -> anyhow::Result<Option<Self>> {
        let parts = [Part::Writer, Part::Projector, Part::Reader];
        let mut urls = Vec::with_capacity(parts.len());
        let mut missing = Vec::new();
        for part in parts {
            match at.variable(part.url_variable())? {
                Some(url) => urls.push(parsed(part, &url)?),
                None => missing.push(part.url_variable()),
            }
        }
        let [writer, projector, reader] = urls.as_slice() else {
            if urls.is_empty() {
                return Ok(None);
            }
            bail!(
                "{} is not set: each part of the service has a role of its own, or none has",
                missing.join(", ")
            );
        };
        if at.private {
            bail!(
                "WRITER_URL is set and --private was given; a private Postgres has one role, which nobody else reaches"
            );
        }
        for (part, options) in [(Part::Projector, projector), (Part::Reader, reader)] {
            if place(options) != place(writer) {
                let (one, other) = (place(writer), place(options));
                bail!("WRITER_URL names {one} and {} another one, {other}", part.url_variable());
            }
        }
        let (writer, projector, reader) = (writer.clone(), projector.clone(), reader.clone());
        Ok(Some(Self { writer, projector, reader }))
    }

    /// The same roles with other settings of their sessions.
    pub(crate) fn map(self, with: impl Fn(PgConnectOptions) -> PgConnectOptions) -> Self {
        Self { writer: with(self.writer), projector: with(self.projector), reader: with(self.reader) }
    }

    /// That ledger and key store are of this version, and that each part connects as what it was given rights for. The
    /// options must see the schemas.
    pub(crate) async fn check(&self, keys: &PgConnectOptions) -> anyhow::Result<()> {
        for (part, options) in [
            (Part::Writer, &self.writer),
            (Part::Projector, &self.projector),
            (Part::Reader, &self.reader),
            (Part::Keys, keys),
        ] {
            let mut connection: PgConnection = options.connect().await?;
            let checked = check_one(&mut connection, part).await;
            connection.close().await?;
            checked.with_context(|| part.url_variable())?;
        }
        Ok(())
    }
}

fn parsed(part: Part, url: &str) -> anyhow::Result<PgConnectOptions> {
    // Its text is left out: it may hold a password.
    url.parse().with_context(|| format!("{} is no Postgres URL", part.url_variable()))
}

async fn check_one(connection: &mut PgConnection, part: Part) -> anyhow::Result<()> {
    let standing =
        if part == Part::Keys { keys_standing(connection).await } else { ledger_standing(connection).await };
    let standing = standing.with_context(|| format!("the schema cannot be read by this role; {HARDEN}"))?;
    refuse_other_version(&standing)?;
    let roles = recorded(connection).await?;
    let Some(role) = roles.get(&part) else {
        bail!("this database has no role for the {part}; {HARDEN}");
    };
    let (me, is_one, is_more): (String, bool, bool) =
        sqlx::query_as(include_str!("ledger_roles.sql")).bind(role.as_str()).fetch_one(connection).await?;
    if is_more {
        bail!(
            "it connects as {me}, which is a superuser or owns the ledger: the {part} is to connect as {role}"
        );
    }
    if !is_one {
        bail!("it connects as {me}, and the role of the {part} is {role}");
    }
    Ok(())
}

/// Nothing is migrated under the roles of the service, so that none of them need own anything.
pub(crate) fn refuse_other_version(standing: &MigrationStanding) -> anyhow::Result<()> {
    let MigrationStanding { applied: _, missing, unknown, changed, unfinished } = standing;
    let list =
        |numbers: &[i64]| numbers.iter().map(|number| format!("{number:04}")).collect::<Vec<_>>().join(", ");
    if !unknown.is_empty() {
        bail!(
            "the database was migrated by a newer gradeledger (migration {}): start that version",
            list(unknown)
        );
    }
    let amiss: Vec<i64> = [missing, unfinished, changed].into_iter().flatten().copied().collect();
    if !amiss.is_empty() {
        bail!(
            "the database is not at this version (migration {} is not as it holds it); {MIGRATE}",
            list(&amiss)
        );
    }
    Ok(())
}
