//! The body of an act that needs nothing but its reason (L12, L16).

use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::texts::Reason;

/// Why an administrator does this.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reasoned {
    /// Why: 1 to 2,000 characters.
    pub(crate) reason: Reason,
}
