//! `gradeledger actor`: who is known by which pseudonym, and who is let in no more.

use std::io;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::ActorId;
use sqlx::PgPool;

use super::database::Stores;
use super::settings::Place;
use super::stdout::print;
use crate::app::texts::Reason;
use crate::oidc;
use crate::tokens;
use crate::vault::SignInNames;

#[derive(Debug, Subcommand)]
pub(crate) enum ActorCommand {
    /// Let somebody in no more, whatever token they show, also one of the issuer
    Block(Block),
    /// Let them in again
    Unblock(Unblock),
    /// List actors, with their blocks
    List(Place),
    /// Say under which pseudonym somebody acts whom the issuer signs in
    Find(Find),
}

#[derive(Debug, Args)]
pub(crate) struct Block {
    #[command(flatten)]
    place: Place,
    /// The actor's name or pseudonym, as `actor list` shows them
    actor: String,
    /// Why; kept beside the actor, in the key store alone
    #[arg(long, value_parser = super::reason)]
    reason: Reason,
}

#[derive(Debug, Args)]
pub(crate) struct Unblock {
    #[command(flatten)]
    place: Place,
    /// The actor's name or pseudonym
    actor: String,
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    #[command(flatten)]
    place: Place,
    /// The issuer, as `serve` is told it
    #[arg(long = "oidc-issuer", env = "GRADELEDGER_OIDC_ISSUER", value_name = "URL")]
    issuer: String,
    /// The issuer's name for the person, as it stands in `sub`; it is not kept
    sub: String,
}

pub(crate) async fn actor(command: ActorCommand) -> anyhow::Result<ExitCode> {
    let place = match &command {
        ActorCommand::Block(block) => &block.place,
        ActorCommand::Unblock(unblock) => &unblock.place,
        ActorCommand::List(place) => place,
        ActorCommand::Find(find) => &find.place,
    };
    let stores = Stores::open(place).await?;
    let names = stores.server_keys.sign_ins().clone();
    let done = act(&stores.keys, &names, &command).await;
    stores.close().await?;
    done?;
    Ok(ExitCode::SUCCESS)
}

async fn act(keys: &PgPool, names: &SignInNames, command: &ActorCommand) -> anyhow::Result<()> {
    match command {
        ActorCommand::Block(block) => {
            let actor = named(keys, &block.actor).await?;
            tokens::block(keys, actor, block.reason.as_str()).await?;
            println!("blocked {actor}; `gradeledger actor unblock {actor}` lets them in again");
        }
        ActorCommand::Unblock(unblock) => {
            let actor = named(keys, &unblock.actor).await?;
            if !tokens::unblock(keys, actor).await? {
                bail!("{actor} is not blocked; `gradeledger actor list` shows who is");
            }
            println!("unblocked {actor}");
        }
        ActorCommand::List(_) => {
            let known = tokens::known(keys).await?;
            print(|out| list(out, &known))?;
        }
        ActorCommand::Find(find) => {
            let found = oidc::find(keys, names, find.issuer.trim(), &find.sub).await?;
            if found.is_empty() {
                bail!(
                    "nobody of that name at {} has signed in here; a pseudonym is there after the first time, and `sub` and \
                     issuer are taken to the letter",
                    find.issuer.trim()
                );
            }
            for (capacity, actor) in found {
                println!("{actor}  {capacity}");
            }
        }
    }
    Ok(())
}

async fn named(keys: &PgPool, name_or_id: &str) -> anyhow::Result<ActorId> {
    let found = tokens::named(keys, name_or_id).await?;
    found.context("there is no such actor; `gradeledger actor list` shows them, and `gradeledger actor find` whom the issuer signs in")
}

fn list(out: &mut impl io::Write, known: &[tokens::Known]) -> io::Result<()> {
    writeln!(out, "{:36}  {:8}  {:20}  name", "actor", "known by", "blocked since")?;
    for actor in known {
        let by = if actor.signs_in { "issuer" } else { "tokens" };
        let blocked =
            actor.blocked_at.map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M UTC").to_string());
        let name = actor.name.as_deref().unwrap_or("(none)");
        writeln!(out, "{:36}  {by:8}  {blocked:20}  {name}", actor.actor_id)?;
        // On one line, whatever was typed.
        if let Some(reason) = &actor.reason {
            writeln!(out, "{:36}  {}", "", reason.split_whitespace().collect::<Vec<_>>().join(" "))?;
        }
    }
    Ok(())
}
