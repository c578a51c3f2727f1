//! From who the issuer says somebody is to their pseudonym here, in the key store's database.

use domain::{ActorId, SubjectId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row as _};
use uuid::Uuid;

use super::claims::Student;
use super::refused::{NotLetIn, Refused};
use super::verify::Verified;
use crate::tokens::Actor;
use crate::vault::{SignInHash, SignInNames};

/// How often somebody is looked for, where others make them at the same time.
const LOOKS: u32 = 3;

/// The pseudonyms of those who sign in.
#[derive(Clone, Debug)]
pub(super) struct People {
    keys: PgPool,
    names: SignInNames,
}

/// What the key store has of somebody.
struct Row {
    /// The subject that the token names.
    named: Option<Uuid>,
    is_erased: bool,
    actor_id: Option<Uuid>,
    /// The subject that the sign-in was for last.
    subject_id: Option<Uuid>,
    is_blocked: bool,
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            named: row.try_get("named")?,
            is_erased: row.try_get("is_erased")?,
            actor_id: row.try_get("actor_id")?,
            subject_id: row.try_get("subject_id")?,
            is_blocked: row.try_get("is_blocked")?,
        })
    }
}

impl People {
    pub(super) const fn new(keys: PgPool, names: SignInNames) -> Self {
        Self { keys, names }
    }

    /// Who it is. Whoever comes for the first time becomes an actor.
    pub(super) async fn actor(&self, issuer: &str, who: &Verified) -> Result<Actor, NotLetIn> {
        let name = match who.student {
            Some(_) => self.names.of_student(issuer, &who.sub),
            None => self.names.of_staff(issuer, &who.sub),
        };
        for _ in 0..LOOKS {
            let row = self.look(name, who.student.as_ref()).await?;
            let subject = row.named.map(SubjectId);
            if row.is_erased || (who.student.is_some() && subject.is_none()) {
                return Err(Refused::UnknownStudent.into());
            }
            let id = match row.actor_id {
                _ if row.is_blocked => return Err(Refused::Blocked.into()),
                Some(id) if row.subject_id == row.named => Some(ActorId(id)),
                Some(id) => self.is_now(name, subject).await?.then_some(ActorId(id)),
                None => self.make(name, subject).await?,
            };
            if let Some(id) = id {
                return Ok(Actor { id, role: who.role, scopes: who.scopes, subject });
            }
        }
        Err(Refused::UnknownStudent.into())
    }

    async fn look(&self, name: SignInHash, student: Option<&Student>) -> Result<Row, sqlx::Error> {
        let (subject, reference) = match student {
            Some(Student::Subject(subject)) => (Some(subject.0), None),
            Some(Student::Reference(text)) => (None, Some(self.names.of_reference(text.expose()))),
            None => (None, None),
        };
        sqlx::query_as(include_str!("person.sql"))
            .bind(name.0)
            .bind(subject)
            .bind(reference.map(|reference| reference.0))
            .fetch_one(&self.keys)
            .await
    }

    /// Makes an actor of somebody; none where another request has just done so, or their data is being erased.
    async fn make(
        &self,
        name: SignInHash,
        subject: Option<SubjectId>,
    ) -> Result<Option<ActorId>, sqlx::Error> {
        let id = Uuid::now_v7();
        let mut transaction = self.keys.begin().await?;
        sqlx::query("INSERT INTO actors (actor_id) VALUES ($1)").bind(id).execute(&mut *transaction).await?;
        let made = sqlx::query(include_str!("first_sign_in.sql"))
            .bind(name.0)
            .bind(id)
            .bind(subject.map(|subject| subject.0))
            .execute(&mut *transaction)
            .await?;
        if made.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(None);
        }
        transaction.commit().await?;
        Ok(Some(ActorId(id)))
    }

    /// The office or the issuer has put right who a student is.
    async fn is_now(&self, name: SignInHash, subject: Option<SubjectId>) -> Result<bool, sqlx::Error> {
        let written = sqlx::query("UPDATE sign_ins SET subject_id = $2 WHERE sign_in_hmac = $1")
            .bind(name.0)
            .bind(subject.map(|subject| subject.0))
            .execute(&self.keys)
            .await?;
        Ok(written.rows_affected() == 1)
    }
}

/// The pseudonyms of somebody whom the issuer signs in, with the capacity that each is for; none for whoever never came.
///
/// # Errors
/// The database's.
pub async fn find(
    keys: &PgPool,
    names: &SignInNames,
    issuer: &str,
    sub: &str,
) -> Result<Vec<(&'static str, ActorId)>, sqlx::Error> {
    let mut found = Vec::new();
    let capacities = [("staff", names.of_staff(issuer, sub)), ("student", names.of_student(issuer, sub))];
    for (capacity, name) in capacities {
        let actor = sqlx::query_scalar("SELECT actor_id FROM sign_ins WHERE sign_in_hmac = $1").bind(name.0);
        if let Some(actor) = actor.fetch_optional(keys).await? {
            found.push((capacity, ActorId(actor)));
        }
    }
    Ok(found)
}
