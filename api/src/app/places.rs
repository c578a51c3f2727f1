//! Places that clients send back, held against the history that the ledger tells now.

use uuid::Uuid;

use super::{App, AppError};
use crate::ledger::{Place, Standing};

/// What a client has seen, by `Ledger-Position`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The history that it is a position in; none where the client sent the bare number.
    pub epoch: Option<Uuid>,
    /// The position.
    pub position: i64,
}

/// A place of a history that is no more, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub struct OtherEpoch {
    what: &'static str,
    sent: Place,
    /// The ledger's epoch now.
    pub epoch: Uuid,
    /// The last position that names the same event in both histories; none where that is not known.
    pub same_up_to: Option<i64>,
}

impl OtherEpoch {
    /// The place to go on from; none where all has to be read anew.
    #[must_use]
    pub fn next(&self) -> Option<Place> {
        let number = self.same_up_to?.min(self.sent.number);
        Some(Place { epoch: self.epoch, number })
    }

    fn words(&self) -> String {
        let Self { what, sent, .. } = self;
        let Some((next, same)) = self.next().zip(self.same_up_to) else {
            return format!(
                "this {what} is of epoch {}, which this ledger does not know: forget what you hold of it, and begin again \
                 without it",
                sent.epoch
            );
        };
        if sent.number <= same {
            return format!(
                "this {what} is of an epoch that has ended; up to it both are the same: go on from {next}"
            );
        }
        format!(
            "this {what} is of an epoch that has ended: the ledger was restored, and only positions up to {same} are the \
             same; forget what you hold from later ones, and go on from {next}"
        )
    }
}

impl App {
    /// Makes sure that what a client has seen is part of the history that the ledger tells.
    ///
    /// # Errors
    /// [`AppError::OtherEpoch`], [`AppError::PastHead`].
    pub async fn check_seen(&self, seen: Seen) -> Result<(), AppError> {
        self.check_place("Ledger-Position", seen).await
    }

    /// The same of a position that came as `what`.
    ///
    /// # Errors
    /// As [`App::check_seen`].
    pub async fn check_place(&self, what: &'static str, seen: Seen) -> Result<(), AppError> {
        let standing = self.ledger.standing().await?;
        self.check_place_at(what, seen, standing).await
    }

    /// The same, against a standing that was read already.
    pub(super) async fn check_place_at(
        &self,
        what: &'static str,
        seen: Seen,
        standing: Standing,
    ) -> Result<(), AppError> {
        if let Some(epoch) = seen.epoch.filter(|epoch| *epoch != standing.epoch) {
            let sent = Place { epoch, number: seen.position };
            return Err(self.other_epoch(what, sent, standing.epoch).await);
        }
        if seen.position > standing.head {
            return Err(AppError::PastHead { what, sent: seen.position, head: standing.head });
        }
        Ok(())
    }

    /// The refusal of a position of another epoch than `epoch`, the ledger's own.
    pub(super) async fn other_epoch(&self, what: &'static str, sent: Place, epoch: Uuid) -> AppError {
        match self.ledger.parted_after(sent.epoch).await {
            Ok(same_up_to) => AppError::OtherEpoch(OtherEpoch { what, sent, epoch, same_up_to }),
            Err(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(number: i64, same_up_to: Option<i64>) -> OtherEpoch {
        let (ended, epoch) = (Uuid::from_u128(1), Uuid::from_u128(2));
        OtherEpoch { what: "cursor", sent: Place { epoch: ended, number }, epoch, same_up_to }
    }

    #[test]
    fn whoever_saw_what_was_lost_goes_back_to_where_the_histories_parted() {
        assert_eq!(sent(120, Some(100)).next().map(|next| next.number), Some(100));
        assert!(sent(120, Some(100)).to_string().contains("only positions up to 100 are the same"));
    }

    #[test]
    fn whoever_saw_nothing_of_it_goes_on_where_they_were() {
        assert_eq!(sent(80, Some(100)).next().map(|next| next.number), Some(80));
    }

    #[test]
    fn a_history_that_nobody_knows_gives_nothing_to_go_on_from() {
        assert_eq!(sent(80, None).next(), None);
        assert!(sent(80, None).to_string().contains("begin again"));
    }
}
