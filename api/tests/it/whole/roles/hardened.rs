//! A place whose databases were hardened, as an operator does it.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::process::Command;

use crate::whole::place::{PROGRAM, Place};
use crate::whole::process::{environment, program, run_at, stderr, stdout};

pub(super) struct Hardened {
    pub(super) place: Place,
    /// What the roles begin with: those of a server are shared by all of its databases.
    prefix: String,
}

impl Hardened {
    pub(super) async fn new() -> Self {
        Self::of(Place::new().await).await
    }

    pub(super) async fn of(place: Place) -> Self {
        let prefix = place.database.connect_options().get_database().unwrap().to_owned();
        let hardened = Self { place, prefix };
        let output = hardened.harden().await;
        let told = (stdout(&output), stderr(&output));
        assert!(output.status.success(), "{told:?}");
        for part in ["writer", "projector", "reader", "keys"] {
            assert!(told.0.contains(&format!("CREATE ROLE {} NOLOGIN", hardened.role(part))), "{told:?}");
            hardened.owner(&format!("ALTER ROLE {} LOGIN", hardened.role(part))).await;
        }
        hardened
    }

    pub(super) async fn harden(&self) -> std::process::Output {
        let [writer, projector, reader, keys] =
            ["writer", "projector", "reader", "keys"].map(|part| self.role(part));
        let named = ["--writer", &writer, "--projector", &projector, "--reader", &reader, "--keys", &keys];
        run_at(&self.place, &[&["db", "harden"], &named[..]].concat()).await
    }

    pub(super) fn role(&self, part: &str) -> String {
        format!("{}_{part}", self.prefix)
    }

    /// Does something as the owner of the ledger.
    pub(super) async fn owner(&self, sql: &str) {
        sqlx::raw_sql(sql).execute(self.place.pool()).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// A session of the ledger's database as a part has it.
    pub(super) async fn session(&self, part: &str) -> PgConnection {
        self.as_part(self.place.database.connect_options(), part).connect().await.unwrap()
    }

    pub(super) fn as_part(&self, options: PgConnectOptions, part: &str) -> PgConnectOptions {
        options.username(&self.role(part))
    }

    /// A URL as a part connects with.
    fn url(&self, url: &str, part: &str) -> String {
        let (before, after) = url.split_once("user=").unwrap();
        let (_, rest) = after.split_once('&').unwrap();
        format!("{before}user={}&{rest}", self.role(part))
    }

    /// The program with the environment of the service: no URL of the owner's is in it.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(PROGRAM);
        command.args(arguments).envs(environment(&self.place)).env_remove("DATABASE_URL");
        let ledger = self.place.database.url();
        command.env("WRITER_URL", self.url(ledger, "writer"));
        command.env("PROJECTOR_URL", self.url(ledger, "projector"));
        command.env("READER_URL", self.url(ledger, "reader"));
        command.env("KEYS_URL", self.url(self.place.database.keys_url(), "keys"));
        command
    }
}
