//! Where a ledger is, as the command line and the environment say it.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use migrations::{PrivateOptions, PrivatePostgres, SchemaName, Source};
use sqlx::postgres::PgConnectOptions;

use super::ledger_roles::LedgerRoles;
use super::oidc::OidcArguments;
use crate::http::{DEFAULT_ADDRESS, TrustedProxy};
use crate::limits::{InvalidLimit, Limits};
use crate::logs::Format;

/// Which ledger a command is about.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Place {
    /// Use a private Postgres that is started here, instead of DATABASE_URL
    #[arg(long)]
    pub(crate) private: bool,
    /// Folder of the private Postgres, its blobs and its master key [default: /var/lib/gradeledger for
    /// root, else ~/.local/share/gradeledger]
    #[arg(long, env = "GRADELEDGER_DATA", value_name = "FOLDER")]
    pub(crate) data_folder: Option<PathBuf>,
    /// The Postgres schema that holds the ledger
    #[arg(long, env = "GRADELEDGER_SCHEMA", value_name = "NAME", default_value = "gradeledger")]
    pub(crate) schema: String,
    /// Where scans and final PDFs are kept: file:///folder, or s3://bucket/prefix in a build with the
    /// feature `s3` [default with --private: a folder beside the database]
    #[arg(long, env = "BLOBS_URL", value_name = "URL")]
    pub(crate) blobs_url: Option<String>,
    /// File of mode 0600 that holds the master key, 64 hexadecimal digits [default with --private: made in
    /// the data folder]
    #[arg(long, env = "MASTER_KEY_FILE", value_name = "FILE")]
    pub(crate) master_key_file: Option<PathBuf>,
    /// File of mode 0600 that holds the master key which the key store is being moved to, while it is; see
    /// `gradeledger keys rotate`
    #[arg(long = "new-master-key", env = "NEW_MASTER_KEY_FILE", value_name = "FILE")]
    pub(crate) new_master_key_file: Option<PathBuf>,
    /// Set a limit, such as http.body=90s; may be given more than once. `gradeledger limits` lists them all
    #[arg(long = "limit", env = "GRADELEDGER_LIMITS", value_name = "NAME=VALUE", value_delimiter = ',')]
    pub(crate) limits: Vec<String>,
    /// Whether the environment says nothing: the demo must not reach what a production's variables name.
    #[arg(skip)]
    pub(crate) alone: bool,
}

/// As whom a command that needs the ledger's database alone connects to it, where the parts of the service have roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// Who migrates.
    Owner,
    /// Who keeps the views.
    Projector,
    /// Who reads.
    Reader,
}

/// Where a ledger is read that nobody changes.
pub(crate) struct ReadPlace {
    pub(crate) ledger: PgConnectOptions,
    /// Who may read the vault where whoever reads the rest may not.
    pub(crate) sealed: Option<PgConnectOptions>,
    /// The key store; none where it is not named.
    pub(crate) keys: Option<PgConnectOptions>,
    pub(crate) private: Option<PrivatePostgres>,
}

impl Place {
    /// Where the databases come from. A missing variable in production must not start an empty ledger, so
    /// there is no default.
    pub(crate) fn source(&self) -> anyhow::Result<Source> {
        let (ledger_url, keys_url) = (self.variable("DATABASE_URL")?, self.variable("KEYS_URL")?);
        match (self.private, ledger_url, keys_url) {
            (true, None, _) => Ok(Source::Private(PrivateOptions {
                data_folder: self.data_folder.clone(),
                ..PrivateOptions::default()
            })),
            (true, Some(_), _) => bail!(
                "DATABASE_URL is set and --private was given; unset DATABASE_URL to use the private Postgres, or leave \
                 out --private to use the one it names"
            ),
            (false, Some(ledger_url), Some(keys_url)) => Ok(Source::Existing { ledger_url, keys_url }),
            (false, Some(_), None) => bail!(
                "KEYS_URL is not set; the keys of the vault live in a database of their own, which no dump of the \
                 ledger holds: create one and set KEYS_URL=postgres://..."
            ),
            (false, None, _) => bail!(
                "no ledger was named; set DATABASE_URL (and KEYS_URL) to use an existing Postgres 14 or later, or give \
                 --private to start a private one here"
            ),
        }
    }

    /// The ledger's database, which may be all that is at hand; and that of its keys, where it is named.
    pub(crate) async fn for_reading(&self, hand: Hand) -> anyhow::Result<ReadPlace> {
        let keys = || -> anyhow::Result<Option<PgConnectOptions>> {
            let url = self.variable("KEYS_URL")?.map(|url| url.parse());
            url.transpose().context("KEYS_URL is no Postgres URL")
        };
        let url = self.variable("DATABASE_URL")?;
        match (LedgerRoles::of(self)?, hand) {
            (Some(roles), Hand::Reader | Hand::Projector) => {
                let ledger = if hand == Hand::Reader { roles.reader } else { roles.projector };
                return Ok(ReadPlace { ledger, sealed: Some(roles.writer), keys: keys()?, private: None });
            }
            (Some(_), Hand::Owner) if url.is_none() => bail!(
                "this is for the owner of the ledger, and the roles of the service may not do it: set DATABASE_URL as for \
                 `gradeledger migrate`"
            ),
            _ => {}
        }
        match (self.private, url) {
            (false, Some(url)) => {
                let ledger = url.parse().context("DATABASE_URL is no Postgres URL")?;
                Ok(ReadPlace { ledger, sealed: None, keys: keys()?, private: None })
            }
            _ => {
                let source = self.source()?;
                self.refuse_without_ledger()?;
                let databases = source.open().await?;
                let (ledger, keys) = (databases.ledger, Some(databases.keys));
                Ok(ReadPlace { ledger, sealed: None, keys, private: databases.private })
            }
        }
    }

    /// The database of the keys alone, and the private Postgres behind it, if it is one.
    pub(crate) async fn key_store(&self) -> anyhow::Result<(PgConnectOptions, Option<PrivatePostgres>)> {
        if self.private {
            let databases = self.source()?.open().await?;
            return Ok((databases.keys, databases.private));
        }
        let Some(url) = self.variable("KEYS_URL")? else {
            bail!("no key store was named; set KEYS_URL, or give --private for that of a private Postgres");
        };
        Ok((url.parse().context("KEYS_URL is no Postgres URL")?, None))
    }

    /// Refuses a data folder without a ledger: what reads one must not make an empty one where a name was mistyped.
    pub(crate) fn refuse_without_ledger(&self) -> anyhow::Result<()> {
        if !self.private {
            return Ok(());
        }
        let folder = match &self.data_folder {
            Some(folder) => folder.clone(),
            None => migrations::default_data_folder()?,
        };
        if !folder.join("postgres").is_dir() {
            bail!(
                "there is no ledger in {}; name its folder with --data-folder (the demo's is {}), or make one with \
                 `gradeledger serve --private`",
                folder.display(),
                folder.join("demo").display()
            );
        }
        Ok(())
    }

    /// The limits, as far as they were set otherwise than they are.
    pub(crate) fn limits(&self) -> Result<Limits, InvalidLimit> {
        let mut limits = Limits::default();
        self.limits.iter().try_for_each(|setting| limits.set(setting))?;
        Ok(limits)
    }

    pub(crate) fn schema(&self) -> anyhow::Result<SchemaName> {
        self.schema.parse().context("GRADELEDGER_SCHEMA")
    }

    /// An environment variable; set to nothing it counts as not set.
    pub(crate) fn variable(&self, name: &str) -> anyhow::Result<Option<String>> {
        if self.alone {
            return Ok(None);
        }
        match std::env::var(name) {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => Ok(Some(text)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
        }
    }
}

/// A part of the service that a process can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The HTTP API
    Api,
    /// Folding events into views
    Projectors,
    /// Imports, finalisations and the end of leases
    Workers,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServeSettings {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Address and port to listen on; port 0 takes a free one. Every process shows its figures and health there
    /// [default: 127.0.0.1:8088, and a free port of 127.0.0.1 for a process without the API]
    #[arg(long, env = "GRADELEDGER_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Run these parts only
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "PARTS",
        default_value = "api,projectors,workers"
    )]
    pub(crate) only: Vec<Part>,
    #[command(flatten)]
    pub(crate) oidc: OidcArguments,
    /// Do not hold the views to their events in the background (see `gradeledger drift`)
    #[arg(long)]
    pub(crate) no_drift_check: bool,
    /// A proxy in front, by address or network, whose X-Forwarded-For is taken for true; may be given more than once.
    /// Without it all that comes through one proxy counts as one sender (limits http.stranger_requests and on)
    #[arg(
        long = "trusted-proxy",
        env = "GRADELEDGER_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    pub(crate) trusted_proxies: Vec<TrustedProxy>,
    /// Write ledger.log and audit.log into this folder, instead of stdout: 10 files of 10 MB each, mode 0600 (limits
    /// logs.files and logs.file_bytes). Each process needs a folder of its own
    #[arg(long, env = "GRADELEDGER_LOG_DIR", value_name = "FOLDER")]
    pub(crate) log_dir: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, trace, or by target as in `info,gradeledger::work=debug`
    #[arg(long, env = "GRADELEDGER_LOG", value_name = "FILTER", default_value = crate::logs::DEFAULT_FILTER)]
    pub(crate) log: String,
    /// How lines look on stdout; files are always JSON
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) log_format: LogFormat,
}

impl ServeSettings {
    /// Where the process listens. Two processes of one machine can have the one default only where one of them has the API.
    pub(crate) fn address(&self) -> SocketAddr {
        let port = if self.only.contains(&Part::Api) { DEFAULT_ADDRESS.port() } else { 0 };
        self.listen.unwrap_or_else(|| SocketAddr::new(DEFAULT_ADDRESS.ip(), port))
    }
}

/// How log lines look on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Readable on a terminal, JSON elsewhere
    Auto,
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

impl From<LogFormat> for Format {
    fn from(format: LogFormat) -> Self {
        let readable = match format {
            LogFormat::Auto => std::io::stdout().is_terminal(),
            LogFormat::Json => false,
            LogFormat::Text => true,
        };
        if readable { Self::Text } else { Self::Json }
    }
}
