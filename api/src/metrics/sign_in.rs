//! Callers who were not let in.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::labels::Labels;
use crate::oidc::Refused;

#[derive(Debug)]
pub(super) struct SignIns {
    refused: Family<Labels<1>, Counter>,
}

impl SignIns {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self { refused: Family::default() };
        for refused in Refused::ALL {
            drop(figures.refused.get_or_create(&Labels([("reason", refused.label())])));
        }
        let help = "Tokens that were shown and let nobody in, by why";
        registry.register("sign_ins_refused", help, figures.refused.clone());
        figures
    }
}

impl Metrics {
    /// Somebody was not let in.
    pub(crate) fn sign_in_refused(&self, refused: Refused) {
        let labels = Labels([("reason", refused.label())]);
        self.record(|figures| figures.sign_ins.refused.get_or_create(&labels).inc());
    }
}
