//! Which events a reader asks for.

use cqrs_es::Aggregate;
use domain::copy::ExamCopy;
use domain::{CopyId, ExamId, shape};

use super::FeedEvent;

/// Which events are asked for; all conditions hold at once. `page.sql` and [`FeedFilter::matches`] say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedFilter {
    /// Those of these types; empty: of every type.
    pub types: Vec<&'static str>,
    /// Those of this exam's own stream and of the streams of its copies.
    pub exam: Option<ExamId>,
    /// Those of this copy's stream.
    pub copy: Option<CopyId>,
}

impl FeedFilter {
    /// The type of this name, where this build knows one.
    #[must_use]
    pub fn known_type(name: &str) -> Option<&'static str> {
        shape::all().map(|shape| shape.event_type).find(|known| *known == name)
    }

    /// Every type that can be asked for, in the order of the document.
    #[must_use]
    pub fn known_types() -> Vec<&'static str> {
        let mut types: Vec<_> = shape::all().map(|shape| shape.event_type).collect();
        types.dedup();
        types
    }

    /// Whether an event is asked for.
    #[must_use]
    pub fn matches(&self, event: &FeedEvent) -> bool {
        (self.types.is_empty() || self.types.contains(&event.event_type.as_str()))
            && self.exam.is_none_or(|exam| event.exam == Some(exam.0))
            && self.copy.is_none_or(|copy| {
                event.stream_type == ExamCopy::TYPE && event.stream_id == copy.0.to_string()
            })
    }

    /// The types as SQL takes them: null for every type.
    pub(super) fn sql_types(&self) -> Option<&[&'static str]> {
        (!self.types.is_empty()).then_some(self.types.as_slice())
    }
}
