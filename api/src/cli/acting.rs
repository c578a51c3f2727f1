//! In whose name a command acts that is recorded.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use domain::Role;
use uuid::Uuid;

use super::database::Stores;
use super::settings::Place;
use crate::app::Caller;
use crate::tokens::{Token, Tokens};

/// The variable that holds the token itself.
const TOKEN: &str = "GRADELEDGER_TOKEN";
/// What to do where it holds none that will do.
const MAKE_ONE: &str = "`gradeledger token create --role admin --name NAME` makes one, and prints it once: set GRADELEDGER_TOKEN to it";

/// Whose act it is. A token on the command line would stand in the list of processes, so it comes by the environment or in a
/// file.
#[derive(Args, Clone, Debug)]
pub(crate) struct Acting {
    /// File that holds the token of the admin who does this [default: the token in GRADELEDGER_TOKEN]
    #[arg(long, env = "GRADELEDGER_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Acting {
    /// The admin whose token it is.
    pub(crate) async fn caller(&self, place: &Place, stores: &Stores) -> anyhow::Result<Caller> {
        let text = match &self.token_file {
            Some(file) => Some(
                std::fs::read_to_string(file)
                    .with_context(|| format!("reading the token in {}", file.display()))?,
            ),
            None => place.variable(TOKEN)?,
        };
        let Some(text) = text else {
            bail!("this is recorded in the name of an admin, and no token was given; {MAKE_ONE}")
        };
        let token =
            Token::parse(text.trim()).with_context(|| format!("what was given is no token; {MAKE_ONE}"))?;
        let tokens = Tokens::new(stores.keys.clone(), &place.limits()?.http);
        let Some(actor) = tokens.actor(&token).await? else {
            bail!("the token is unknown here, revoked, or past its end; {MAKE_ONE}")
        };
        if actor.role != Role::Admin {
            bail!("the token has the role {}, and this takes that of an admin; {MAKE_ONE}", actor.role);
        }
        let request_id = format!("cli-{}", Uuid::now_v7());
        Ok(Caller {
            actor: actor.id,
            role: actor.role,
            request_id,
            traceparent: None,
            key: None,
            found: None,
        })
    }
}
