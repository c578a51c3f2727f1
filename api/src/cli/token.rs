//! `gradeledger token`: who may call.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use domain::access::Scope;
use domain::{ActorId, Role, SubjectId};
use sqlx::PgPool;
use uuid::Uuid;

use super::database::Stores;
use super::settings::Place;
use super::stdout::print;
use crate::oidc::SignInLimits;
use crate::tokens::{self, Rights, Token};

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it, once
    Create(CreateToken),
    /// List the tokens, without their secrets
    List(Place),
    /// End a token
    Revoke(RevokeToken),
}

#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    #[command(flatten)]
    place: Place,
    /// What the token may do
    #[arg(long, value_enum)]
    role: TokenRole,
    /// What a service may do with it: metrics:read, events:read, export, import; may be given more than once
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<Scope>,
    /// The pseudonym of the subject whose results a student reads with it
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<Uuid>,
    /// Whose it is; kept in the key store, never in the ledger. One name is one person, and acts under one pseudonym whatever
    /// the role; a student's token names a subject instead
    #[arg(long)]
    name: Option<String>,
    /// How long it lives: 12h, 90d [default: until it is revoked; a student's as long as sign_in.student_token_life]
    #[arg(long, value_name = "TIME", value_parser = life)]
    expires: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeToken {
    #[command(flatten)]
    place: Place,
    /// The token's id, as `token list` shows it
    token_id: Uuid,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TokenRole {
    Admin,
    Grader,
    Clerk,
    Auditor,
    Student,
    Service,
}

impl From<TokenRole> for Role {
    fn from(role: TokenRole) -> Self {
        match role {
            TokenRole::Admin => Self::Admin,
            TokenRole::Grader => Self::Grader,
            TokenRole::Clerk => Self::Clerk,
            TokenRole::Auditor => Self::Auditor,
            TokenRole::Student => Self::Student,
            TokenRole::Service => Self::Service,
        }
    }
}

pub(crate) async fn token(command: TokenCommand) -> anyhow::Result<ExitCode> {
    match command {
        TokenCommand::Create(create) => {
            let limits = create.place.limits()?.sign_in;
            let stores = Stores::open(&create.place).await?;
            let made = made(&stores.keys, &create, limits).await;
            stores.close().await?;
            let (token, actor) = made?;
            println!("{}", token.reveal());
            eprintln!("actor {actor}; the token is shown this once, and the ledger keeps only its SHA-256");
        }
        TokenCommand::List(place) => {
            let stores = Stores::open(&place).await?;
            let listed = tokens::list(&stores.keys).await;
            stores.close().await?;
            let listed = listed?;
            print(|out| list(out, &listed))?;
        }
        TokenCommand::Revoke(revoke) => {
            let stores = Stores::open(&revoke.place).await?;
            let revoked = tokens::revoke(&stores.keys, revoke.token_id).await;
            stores.close().await?;
            if !revoked? {
                bail!("there is no such token that still lives; `gradeledger token list` shows them");
            }
            println!("revoked {}", revoke.token_id);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A token as it was asked for. A student's is under the rules of those that the office gives over HTTP.
async fn made(keys: &PgPool, create: &CreateToken, limits: SignInLimits) -> anyhow::Result<(Token, ActorId)> {
    let role = Role::from(create.role);
    let (scopes, subject) = (create.scope.iter().copied().collect(), create.subject.map(SubjectId));
    if role != Role::Student {
        let Some(name) = &create.name else { bail!("say whose token it is, with --name") };
        return Ok(tokens::create(keys, Rights { role, scopes, subject }, name, create.expires).await?);
    }
    let Some(subject) = subject else {
        bail!("say whose results a student reads, with --subject and the subject's id")
    };
    if create.name.is_some() || !create.scope.is_empty() {
        bail!("a student's token is by --subject alone; leave out --name and --scope");
    }
    let (life, longest) = (create.expires.unwrap_or(limits.student_token_life), limits.student_token_life);
    if life.is_zero() || life > longest {
        bail!("a student's token lives for 1s to {}s (limit sign_in.student_token_life)", longest.as_secs());
    }
    let given = tokens::give(keys, subject, life, limits.student_tokens).await?;
    Ok((given.token, given.actor))
}

fn list(out: &mut impl io::Write, listed: &[tokens::Listed]) -> io::Result<()> {
    writeln!(out, "{:36}  {:8}  {:36}  {:20}  name", "token", "role", "actor", "ends")?;
    for token in listed {
        let ends = match (token.revoked_at, token.expires_at) {
            (Some(_), _) => "revoked".to_owned(),
            (None, Some(ends)) => ends.format("%Y-%m-%d %H:%M UTC").to_string(),
            (None, None) => "never".to_owned(),
        };
        let nameless = if token.role == Role::Student.as_str() { "(by subject)" } else { "(forgotten)" };
        let name = token.name.as_deref().unwrap_or(nameless);
        writeln!(out, "{:36}  {:8}  {:36}  {ends:20}  {name}", token.token_id, token.role, token.actor_id)?;
    }
    Ok(())
}

/// Reads `90d`, `12h`, `30m` or `45s`.
fn life(text: &str) -> anyhow::Result<Duration> {
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let seconds: u64 = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => bail!("a time is a number and one of d, h, m, s, such as 90d"),
    };
    let number: u64 = number.parse().context("a time is a number and one of d, h, m, s, such as 90d")?;
    number.checked_mul(seconds).map(Duration::from_secs).context("that is too long")
}
