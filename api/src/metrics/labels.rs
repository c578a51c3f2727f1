//! Label sets.

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
