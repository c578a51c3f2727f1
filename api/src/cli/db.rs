//! What the owner of the databases does: bring them to this version, and set up the roles that the service runs under.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use migrations::roles::{Hardened, Part, RoleName, Roles, Store, harden, renew};
use migrations::{keys_standing, ledger_standing, place};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::database::Databases;
use super::ledger_roles::refuse_other_version;
use super::settings::Place;
use super::stdout::print;

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Give each part of the service a role that may do what it needs and no more; as often as you like
    Harden(Harden),
}

/// Prints every statement that it carried out. It never sees a password.
#[derive(Args, Debug)]
#[command(
    after_help = "Run it as the owner of both databases: DATABASE_URL and KEYS_URL as for `gradeledger migrate`. `gradeledger doctor` \
                        tells whether the roles still are as this leaves them."
)]
pub(crate) struct Harden {
    #[command(flatten)]
    place: Place,
    /// The role that appends and reads the vault [default: the schema's name and `_writer`]
    #[arg(long, value_name = "ROLE")]
    writer: Option<RoleName>,
    /// The role that keeps the views and the claims of work [default: the schema's name and `_projector`]
    #[arg(long, value_name = "ROLE")]
    projector: Option<RoleName>,
    /// The role that reads, but for the vault [default: the schema's name and `_reader`]
    #[arg(long, value_name = "ROLE")]
    reader: Option<RoleName>,
    /// The role that uses the key store [default: the schema's name and `_keys`]
    #[arg(long, value_name = "ROLE")]
    keys: Option<RoleName>,
}

impl Harden {
    fn roles(&self) -> anyhow::Result<Roles> {
        let schema = self.place.schema()?;
        let named = [
            (Part::Writer, &self.writer),
            (Part::Projector, &self.projector),
            (Part::Reader, &self.reader),
            (Part::Keys, &self.keys),
        ];
        let named = named.into_iter().map(|(part, name)| {
            let name = name.clone().map_or_else(|| format!("{schema}_{part}").parse(), Ok)?;
            Ok((part, name))
        });
        named.collect()
    }
}

pub(crate) async fn db(command: DbCommand) -> anyhow::Result<ExitCode> {
    let DbCommand::Harden(settings) = command;
    if settings.place.private {
        bail!(
            "a private Postgres has one role, which only this machine's folder lets in: there is nothing to harden"
        );
    }
    let roles = settings.roles()?;
    let databases = settings.place.source()?.open().await?;
    let (ledger, keys) = super::database::sessions(&settings.place, databases.ledger, databases.keys)?;
    // Neither is changed where the other is not of this version.
    for (options, store) in [(&ledger, Store::Ledger), (&keys, Store::Keys)] {
        let mut connection: PgConnection = options.connect().await?;
        let standing = match store {
            Store::Ledger => ledger_standing(&mut connection).await,
            Store::Keys => keys_standing(&mut connection).await,
        };
        connection.close().await?;
        let standing = standing.with_context(|| {
            format!(
                "{} holds no ledger that this role can read; run `gradeledger migrate` first",
                place(options)
            )
        })?;
        refuse_other_version(&standing)?;
    }
    let mut is_whole = true;
    for (options, store) in [(&ledger, Store::Ledger), (&keys, Store::Keys)] {
        let mut connection: PgConnection = options.connect().await?;
        let hardened = harden(&mut connection, store, &roles).await.with_context(|| place(options))?;
        connection.close().await?;
        is_whole &= hardened.left.iter().all(|left| left.of_server);
        print(|out| told(out, options, &hardened))?;
    }
    print(|out| next(out, &roles, &ledger, &keys))?;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(out: &mut dyn Write, options: &PgConnectOptions, hardened: &Hardened) -> std::io::Result<()> {
    let Hardened { done, left } = hardened;
    writeln!(out, "{}", place(options))?;
    if done.is_empty() && left.is_empty() {
        writeln!(out, "  nothing to do: every role may do what it needs and no more")?;
    }
    for statement in done {
        writeln!(out, "  {statement}")?;
    }
    if !left.is_empty() {
        writeln!(
            out,
            "  NOT DONE, for another role owns what they name. Have that one, or a superuser, run here:"
        )?;
    }
    left.iter().try_for_each(|left| writeln!(out, "  {};", left.statement))
}

fn next(
    out: &mut dyn Write,
    roles: &Roles,
    ledger: &PgConnectOptions,
    keys: &PgConnectOptions,
) -> std::io::Result<()> {
    writeln!(
        out,
        "\nNext, once for each role, in psql as a superuser (\\password asks for the password and shows it nowhere):"
    )?;
    for role in roles.values() {
        writeln!(out, "  ALTER ROLE {role} LOGIN;  \\password {role}")?;
    }
    writeln!(out, "Then give `gradeledger serve` these, and no DATABASE_URL:")?;
    for (part, role) in roles {
        let at = if *part == Part::Keys { keys } else { ledger };
        let (host, port, database) = (at.get_host(), at.get_port(), at.get_database().unwrap_or_default());
        writeln!(out, "  {}=postgres://{role}:PASSWORD@{host}:{port}/{database}", part.url_variable())?;
    }
    Ok(())
}

/// `gradeledger migrate`: the schemas, and what the roles of a hardened ledger may do to the tables that are new.
pub(crate) async fn migrate(at: &Place) -> anyhow::Result<ExitCode> {
    let databases = Databases::migrated(at).await?;
    let renewed = renew_both(&databases).await;
    databases.close().await?;
    renewed?;
    println!("the databases are at the version of gradeledger {}", env!("CARGO_PKG_VERSION"));
    Ok(ExitCode::SUCCESS)
}

async fn renew_both(databases: &Databases) -> anyhow::Result<()> {
    for (options, store) in [(&databases.ledger, Store::Ledger), (&databases.keys, Store::Keys)] {
        let mut connection: PgConnection = options.connect().await?;
        let renewed = renew(&mut connection, store).await.with_context(|| place(options))?;
        connection.close().await?;
        if let Some(hardened) = renewed.filter(|hardened| *hardened != Hardened::default()) {
            print(|out| told(out, options, &hardened))?;
        }
    }
    Ok(())
}
