//! Where the next page of a list begins: a place, and the history that it is a place in.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::AppError;

/// A cursor as a client holds it: `epoch.place`. After a restore the same place may name other things, so a cursor
/// of another epoch is refused, not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    epoch: Uuid,
    place: i64,
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is the `next` of a page as it was answered")]
pub struct InvalidCursor;

impl Cursor {
    pub(super) const fn at(epoch: Uuid, place: i64) -> Self {
        Self { epoch, place }
    }

    /// The place, in the history that is now.
    pub(super) fn place(self, epoch: Uuid) -> Result<i64, AppError> {
        if self.epoch == epoch { Ok(self.place) } else { Err(AppError::OtherEpoch("cursor")) }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.simple(), self.place)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (epoch, place) = text.split_once('.').ok_or(InvalidCursor)?;
        let epoch = Uuid::try_parse(epoch).map_err(|_| InvalidCursor)?;
        let place = place.parse().ok().filter(|place| *place >= 0).ok_or(InvalidCursor)?;
        Ok(Self { epoch, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_another_history_is_refused() {
        let cursor: Cursor = Cursor::at(Uuid::from_u128(1), 7).to_string().parse().unwrap();
        assert_eq!(cursor.place(Uuid::from_u128(1)).unwrap(), 7);
        assert!(matches!(cursor.place(Uuid::from_u128(2)), Err(AppError::OtherEpoch("cursor"))));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in
            ["", "7", "x.7", "00000000000000000000000000000001.-7", "00000000000000000000000000000001."]
        {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
