//! From events of `tracing` to lines.

use std::io::Write as _;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::AUDIT;
use super::line::{Format, Ids, Line};

/// Writes every event as a line.
pub(super) struct Lines {
    pub(super) format: Format,
    pub(super) ledger: NonBlocking,
    pub(super) audit: NonBlocking,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut ids = Ids::default();
        attributes.record(&mut ids);
        span.extensions_mut().replace(ids);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(ids) = span.extensions_mut().get_mut::<Ids>() {
            values.record(ids);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Line::of(event.metadata());
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(ids) = span.extensions().get::<Ids>() {
                // From the inside out: what an inner span says stands.
                line.ids.or(ids);
            }
        }
        event.record(&mut line);
        let text = line.render(self.format);
        let to = if event.metadata().target() == AUDIT { &self.audit } else { &self.ledger };
        // The queue takes it, or counts it as dropped.
        let _ = to.clone().write_all(text.as_bytes());
    }
}

impl Visit for Ids {
    fn record_str(&mut self, field: &Field, value: &str) {
        if let Some(place) = self.place(field.name()) {
            *place = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if let Some(place) = self.place(field.name()) {
            *place = Some(format!("{value:?}"));
        }
    }
}
