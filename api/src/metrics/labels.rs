//! Label sets.

use projections::Poison;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};

/// Names of labels with one value each. Values are `'static`: they can only come from closed sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Labels<const N: usize>(pub(super) [(&'static str, &'static str); N]);

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder) -> Result<(), std::fmt::Error> {
        use prometheus_client::encoding::EncodeLabel as _;
        self.0.iter().try_for_each(|label| label.encode(encoder.encode_label()))
    }
}

/// The most of a cause that stands in a label, in characters.
const CAUSE_CHARACTERS: usize = 200;

/// What stops a view. Its values come from no closed set, but there is one such set a view at most, and none while all goes well.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Told {
    projection: &'static str,
    position: i64,
    stream: String,
    event_type: String,
    cause: String,
}

impl Told {
    pub(super) fn of(projection: &'static str, poison: &Poison) -> Self {
        Self {
            projection,
            position: poison.position,
            stream: poison.stream.clone(),
            event_type: poison.event_type.clone(),
            cause: poison.cause.chars().take(CAUSE_CHARACTERS).collect(),
        }
    }
}

impl EncodeLabelSet for Told {
    fn encode(&self, encoder: &mut LabelSetEncoder) -> Result<(), std::fmt::Error> {
        use prometheus_client::encoding::EncodeLabel as _;
        ("projection", self.projection).encode(encoder.encode_label())?;
        ("position", self.position).encode(encoder.encode_label())?;
        ("stream", self.stream.as_str()).encode(encoder.encode_label())?;
        ("event_type", self.event_type.as_str()).encode(encoder.encode_label())?;
        ("cause", self.cause.as_str()).encode(encoder.encode_label())
    }
}
