//! The master key and what it wraps.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use migrations::{PrivatePostgres, keys_standing};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::database::{key_session, master_key, new_master_key};
use super::ledger_roles::refuse_other_version;
use super::settings::Place;
use super::stdout::print;
use crate::vault::{Kept, MasterKey, MasterKeys, Rotated, Rotation, RotationNews, kept};

/// How many damaged keys are named.
const DAMAGED_SHOWN: usize = 10;

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Open every data key of the key store, and tell which master key each is wrapped by; exit status 1 where one does not open
    Show(Place),
    /// Wrap every key of the key store by another master key. Nothing that is sealed changes: no text, no scan, no event
    #[command(after_help = ROTATE_HELP)]
    Rotate(Place),
}

const ROTATE_HELP: &str = "Run it as the owner of the key store: KEYS_URL as for `gradeledger migrate`, MASTER_KEY_FILE as it is, and the new key by \
     --new-master-key. Restart every `gradeledger serve` with NEW_MASTER_KEY_FILE beside MASTER_KEY_FILE first: a process that \
     holds the old key alone stops, and says so, at the first key that it cannot open. It may be interrupted anywhere: run it \
     again with the same keys, and it goes on.";

pub(crate) async fn keys(command: KeysCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeysCommand::Show(place) => show(&place).await,
        KeysCommand::Rotate(place) => rotate(&place).await,
    }
}

/// A key store that is reached, and the private Postgres behind it, if it is one.
struct Reached {
    options: PgConnectOptions,
    private: Option<PrivatePostgres>,
    /// Where a private ledger has its master key.
    folder: Option<PathBuf>,
}

impl Reached {
    async fn open(place: &Place) -> anyhow::Result<Self> {
        place.refuse_without_ledger()?;
        let (keys, private) = place.key_store().await?;
        let folder = private.as_ref().map(|private| private.data_folder().to_owned());
        let reached = Self { options: key_session(place, keys)?, private, folder };
        let mut connection: PgConnection = reached.options.connect().await?;
        let standing = keys_standing(&mut connection).await;
        connection.close().await?;
        let standing = standing.context("the key store cannot be read; see that KEYS_URL names it")?;
        refuse_other_version(&standing)?;
        Ok(reached)
    }

    fn master(&self, place: &Place) -> anyhow::Result<MasterKey> {
        master_key(place, self.folder.as_deref())
    }

    async fn close(self) -> anyhow::Result<()> {
        if let Some(private) = self.private {
            private.stop().await.context("stopping the private Postgres")?;
        }
        Ok(())
    }
}

async fn show(place: &Place) -> anyhow::Result<ExitCode> {
    let reached = Reached::open(place).await?;
    let shown = async {
        let masters = MasterKeys::new(reached.master(place)?, new_master_key(place)?);
        Ok::<Kept, anyhow::Error>(kept(reached.options.clone(), &masters).await?)
    };
    let shown = shown.await;
    reached.close().await?;
    let kept = shown?;
    print(|out| told(out, &kept))?;
    Ok(if kept.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(out: &mut dyn Write, kept: &Kept) -> std::io::Result<()> {
    let Kept { generation, is_rotating, under_current, under_next, not_tried, damaged } = kept;
    writeln!(out, "master key {generation} of this key store: {under_current} data keys open under it")?;
    if *is_rotating {
        let next = generation + 1;
        writeln!(
            out,
            "master key {next}, to which the store is being moved: {under_next} data keys open under it"
        )?;
        writeln!(
            out,
            "the rotation has not ended: run `gradeledger keys rotate` again, with the same two keys"
        )?;
    }
    if *not_tried > 0 {
        writeln!(
            out,
            "{not_tried} data keys are wrapped by the one of the two that was not given, and were not tried"
        )?;
    }
    if !damaged.is_empty() {
        let named =
            damaged.iter().take(DAMAGED_SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        writeln!(out, "{} data keys are damaged, and open under no key: {named}", damaged.len())?;
    }
    Ok(())
}

async fn rotate(place: &Place) -> anyhow::Result<ExitCode> {
    let Some(new) = new_master_key(place)? else {
        bail!(
            "the new master key was not given; make one with `(umask 077; openssl rand -hex 32 > new.key)`, keep it where no \
             backup of the databases goes, and name it with --new-master-key"
        );
    };
    let batch = place.limits()?.keys.rotation_batch;
    let reached = Reached::open(place).await?;
    let rotated = async {
        let old = reached.master(place)?;
        let rotation = Rotation { old: &old, new: &new, batch };
        Ok::<Rotated, anyhow::Error>(rotation.run(reached.options.clone(), &mut say).await?)
    };
    let rotated = rotated.await;
    let folder = reached.folder.clone();
    reached.close().await?;
    let rotated = rotated?;
    print(|out| ended(out, place, folder.as_deref(), &rotated))?;
    Ok(ExitCode::SUCCESS)
}

fn say(news: RotationNews) {
    match news {
        RotationNews::Begun { keys, again: false } => {
            eprintln!(
                "begun: new keys are wrapped by the new master key from now on; {keys} are to be wrapped anew"
            );
        }
        RotationNews::Begun { keys, again: true } => {
            eprintln!("going on: {keys} keys are left to be wrapped anew")
        }
        RotationNews::Rewrapped { keys } => eprintln!("{keys} keys wrapped anew"),
    }
}

fn ended(
    out: &mut dyn Write,
    place: &Place,
    folder: Option<&Path>,
    rotated: &Rotated,
) -> std::io::Result<()> {
    match rotated {
        Rotated::Done { keys } => {
            writeln!(out, "done: every key is wrapped by the new master key, {keys} of them by this run")?;
        }
        Rotated::Already => writeln!(out, "nothing to do: this key store is wrapped by the new master key")?,
    }
    let old = match (&place.master_key_file, folder) {
        (Some(file), _) => file.display().to_string(),
        (None, Some(folder)) => folder.join("master.key").display().to_string(),
        (None, None) => "MASTER_KEY".to_owned(),
    };
    writeln!(
        out,
        "Next: put the new key in the place of the old one ({old}), and restart every `gradeledger serve` with it."
    )?;
    writeln!(
        out,
        "Keep the old key as long as there are backups of the key store from before: they open under that alone."
    )
}
