//! What a program may do: each of its scopes by itself, and nothing without one.

use std::fmt;
use std::str::FromStr;

/// A part of the API that a service's token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Scrape figures from another machine.
    MetricsRead,
    /// Follow the ledger's events.
    EventsRead,
    /// Read graded copies and hand them out.
    Export,
    /// Take scans in and see what became of them.
    Import,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MetricsRead, Self::EventsRead, Self::Export, Self::Import];

    /// As it stands in tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MetricsRead => "metrics:read",
            Self::EventsRead => "events:read",
            Self::Export => "export",
            Self::Import => "import",
        }
    }

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// A text that names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is one of metrics:read, events:read, export, import")]
pub struct UnknownScope;

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// No scope: what everybody has who is no service.
    pub const NONE: Self = Self(0);

    /// Whether the scope is one of them.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Those of the set, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}
