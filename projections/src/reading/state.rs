//! A view's standing in one word.

use std::fmt;

/// What can be said of a view in one word. Being behind is none: a view that moves is only late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViewState {
    /// A process leads it, and it moves or has everything.
    Leading,
    /// No process leads it, and no session that led it is left.
    NoLeader,
    /// No process leads it, and this one is too old to: the view has folded, or stands before, events of a later build.
    TooOld,
    /// It was never folded, and is being rebuilt: readers see nothing yet.
    Building,
    /// It stands still before an event that it cannot fold.
    Stopped,
    /// A process leads it, events wait, and it has not moved for longer than a view may.
    Stuck,
}

impl ViewState {
    /// As a program reads it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leading => "leading",
            Self::NoLeader => "no_leader",
            Self::TooOld => "too_old",
            Self::Building => "building",
            Self::Stopped => "stopped",
            Self::Stuck => "stuck",
        }
    }

    /// `led` is that a lease stands or its session is still there; `too_old`, that this process may not lead it; `stuck`, that
    /// it has stood still for too long, whoever leads it.
    pub(super) const fn of(stopped: bool, led: bool, too_old: bool, stuck: bool) -> Self {
        match (stopped, led) {
            (true, _) => Self::Stopped,
            (false, false) if too_old => Self::TooOld,
            (false, false) => Self::NoLeader,
            (false, true) if stuck => Self::Stuck,
            (false, true) => Self::Leading,
        }
    }
}

impl fmt::Display for ViewState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
