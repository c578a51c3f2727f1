//! From events of `tracing` to lines.

use std::io::Write as _;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::AUDIT;
use super::line::{Format, Line};
use super::said::Said;

/// Writes every event as a line.
pub(super) struct Lines {
    pub(super) format: Format,
    pub(super) ledger: NonBlocking,
    pub(super) audit: NonBlocking,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut said = Said::default();
        attributes.record(&mut said);
        span.extensions_mut().replace(said);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(said) = span.extensions_mut().get_mut::<Said>() {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Said>() {
                // From the inside out: what an inner span says stands.
                said.or(outer);
            }
        }
        let text = Line::of(event.metadata(), said).render(self.format);
        let to = if event.metadata().target() == AUDIT { &self.audit } else { &self.ledger };
        // The queue takes it, or counts it as dropped.
        let _ = to.clone().write_all(text.as_bytes());
    }
}
