//! Points, exact: an integer number of hundredths.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Points in hundredths: `-250` is −2.5. In events and in the database they stay integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Points(pub i64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);
    /// The most that one question, annotation or correction may be worth, either way: 1,000 points.
    /// With at most 10,000 of them a total stays far inside `i64`.
    pub const LIMIT: Self = Self(100_000);

    /// Whether the value lies within ±[`Points::LIMIT`].
    #[must_use]
    pub fn is_within_limit(self) -> bool {
        self.0.unsigned_abs() <= Self::LIMIT.0.unsigned_abs()
    }
}

impl fmt::Display for Points {
    /// Decimal, without trailing zeros: `12`, `-2.5`, `0.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, hundredths) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match hundredths {
            0 => write!(f, "{sign}{whole}"),
            tenths if tenths % 10 == 0 => write!(f, "{sign}{whole}.{}", tenths / 10),
            _ => write!(f, "{sign}{whole}.{hundredths:02}"),
        }
    }
}

/// A text that is not a number of points.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("points are a decimal number with at most two places, such as 12, -2.5 or 0.25, within ±1000")]
pub struct InvalidPoints;

impl FromStr for Points {
    type Err = InvalidPoints;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        // A trailing zero says nothing new, so "2.500" is 2.5.
        let hundredths = places.trim_end_matches('0');
        if !is_number(whole) || whole.len() > 6 || !is_number(places) || hundredths.len() > 2 {
            return Err(InvalidPoints);
        }
        let whole: i64 = whole.parse().map_err(|_| InvalidPoints)?;
        let hundredths: i64 = format!("{hundredths:0<2}").parse().map_err(|_| InvalidPoints)?;
        let magnitude = whole * 100 + hundredths;
        let points = Self(if negative { -magnitude } else { magnitude });
        if points.is_within_limit() { Ok(points) } else { Err(InvalidPoints) }
    }
}

impl Add for Points {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        // What a copy accepts stays far from the end of `i64`; a tampered payload must not stop a reader.
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Points {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}
