//! A number that means something in one history of the ledger only.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A position, or the place at which the next page of a list begins, as a client holds it: `epoch.number`. After a restore
/// the same number may name something else, so a place of another epoch is refused, not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The history: the ledger's epoch when the place was given.
    pub epoch: Uuid,
    /// The number in it; never negative.
    pub number: i64,
}

/// A text that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is made of the ledger's epoch, a full stop and a number, as it was answered")]
pub struct InvalidPlace;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.simple(), self.number)
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (epoch, number) = text.split_once('.').ok_or(InvalidPlace)?;
        let epoch = Uuid::try_parse(epoch).map_err(|_| InvalidPlace)?;
        let number = number.parse().ok().filter(|number| *number >= 0).ok_or(InvalidPlace)?;
        Ok(Self { epoch, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = Place { epoch: Uuid::from_u128(1), number: 7 };
        assert_eq!(place.to_string(), "00000000000000000000000000000001.7");
        assert_eq!(place.to_string().parse(), Ok(place));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in
            ["", "7", "x.7", "00000000000000000000000000000001.-7", "00000000000000000000000000000001."]
        {
            assert_eq!(text.parse::<Place>(), Err(InvalidPlace), "{text}");
        }
    }
}
