//! Label sets.
//!
//! Architecture invariant: a label's value comes from a closed set of this build, never from a request, a row or an event
//! (`docs/decisions/0025-data-is-no-label.md`).

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// Names of labels with one value each. Values are `'static`: they can only come from closed sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Labels<const N: usize>(pub(super) [(&'static str, &'static str); N]);

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder) -> Result<(), std::fmt::Error> {
        use prometheus_client::encoding::EncodeLabel as _;
        self.0.iter().try_for_each(|label| label.encode(encoder.encode_label()))
    }
}

/// A histogram for each set of labels.
pub(super) type Durations<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// A time in seconds that rises and falls.
pub(super) type Seconds = Gauge<f64, AtomicU64>;

pub(super) fn durations<const N: usize>(make: fn() -> Histogram) -> Durations<N> {
    Durations::new_with_constructor(make)
}
