//! Which issuer signs people in, as the command line and the environment say it.

use clap::Args;

use crate::oidc::{ClaimNames, InvalidOidc, OidcSettings};

/// An issuer of OpenID Connect: all of the first three, or none.
#[derive(Args, Clone, Debug)]
pub(crate) struct OidcArguments {
    /// The issuer that signs people in by OpenID Connect, exactly as it stands in `iss`
    #[arg(long, env = "GRADELEDGER_OIDC_ISSUER", value_name = "URL")]
    oidc_issuer: Option<String>,
    /// This service's name at the issuer, which has to stand in `aud`
    #[arg(long, env = "GRADELEDGER_OIDC_AUDIENCE", value_name = "NAME")]
    oidc_audience: Option<String>,
    /// Where the issuer's keys are: an https:// URL, or a file
    #[arg(long, env = "GRADELEDGER_OIDC_JWKS", value_name = "URL or FILE")]
    oidc_jwks: Option<String>,
    /// The claim with the role; a dotted name leads into nested claims, such as realm_access.roles
    #[arg(
        long,
        env = "GRADELEDGER_OIDC_ROLE_CLAIM",
        value_name = "CLAIM",
        default_value = "gradeledger_role"
    )]
    oidc_role_claim: String,
    /// The claim with a service's scopes
    #[arg(long, env = "GRADELEDGER_OIDC_SCOPE_CLAIM", value_name = "CLAIM", default_value = "scope")]
    oidc_scope_claim: String,
    /// The claim with a student's reference, or with their subject's id; nothing that students can set themselves
    #[arg(
        long,
        env = "GRADELEDGER_OIDC_SUBJECT_CLAIM",
        value_name = "CLAIM",
        default_value = "gradeledger_subject"
    )]
    oidc_subject_claim: String,
}

impl OidcArguments {
    pub(crate) fn settings(&self) -> Result<Option<OidcSettings>, InvalidOidc> {
        let claims = ClaimNames {
            role: self.oidc_role_claim.clone(),
            scope: self.oidc_scope_claim.clone(),
            subject: self.oidc_subject_claim.clone(),
        };
        let (issuer, audience) = (self.oidc_issuer.as_deref(), self.oidc_audience.as_deref());
        OidcSettings::of(issuer, audience, self.oidc_jwks.as_deref(), claims)
    }
}
