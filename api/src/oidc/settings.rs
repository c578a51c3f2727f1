//! Which issuer signs people in, as an operator says it.

use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;

/// An issuer, and what its tokens are read by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcSettings {
    /// Its name, exactly as it stands in `iss`.
    pub issuer: String,
    /// This service's name there, one of those in `aud`.
    pub audience: String,
    /// Where its keys are.
    pub keys: KeysSource,
    /// Which claims say what.
    pub claims: ClaimNames,
}

/// The claims that say who somebody is here; a dotted name leads into nested ones, as `realm_access.roles` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The role: a text, or a list of which one is a role of this service.
    pub role: String,
    /// A service's scopes: a text with spaces between them, or a list.
    pub scope: String,
    /// A student's reference, or their subject's id.
    pub subject: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            role: "gradeledger_role".to_owned(),
            scope: "scope".to_owned(),
            subject: "gradeledger_subject".to_owned(),
        }
    }
}

/// Where an issuer's JSON Web Key Set (RFC 7517, section 5) is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysSource {
    /// It is fetched.
    Url(Url),
    /// It is read.
    File(PathBuf),
}

/// What an operator said that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOidc {
    /// One or two of the three.
    #[error(
        "signing in by OpenID Connect takes GRADELEDGER_OIDC_ISSUER, GRADELEDGER_OIDC_AUDIENCE and GRADELEDGER_OIDC_JWKS; not \
         set: {missing}. Set all of them, or none"
    )]
    Half {
        /// Those that are missing.
        missing: String,
    },
    /// Not where keys can be.
    #[error(
        "GRADELEDGER_OIDC_JWKS is an https:// URL (http:// on this machine alone, and no name or password in it) or the path of \
         a file, not {0:?}"
    )]
    Keys(String),
    /// A file without keys.
    #[error("GRADELEDGER_OIDC_JWKS names {path}, which holds no keys of an issuer: {cause}")]
    NoKeysInFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Clocks that are too far apart.
    #[error("the limit sign_in.leeway is at most {most} s; set the clocks instead")]
    Leeway {
        /// The most.
        most: u64,
    },
    /// No client for HTTP.
    #[error("fetching keys is not possible on this machine: {0}")]
    Client(String),
}

impl OidcSettings {
    /// Reads what was said; none where nothing was. What is blank was not said.
    ///
    /// # Errors
    /// A half of it, or where no keys can be.
    pub fn of(
        issuer: Option<&str>,
        audience: Option<&str>,
        keys: Option<&str>,
        claims: ClaimNames,
    ) -> Result<Option<Self>, InvalidOidc> {
        let said =
            |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        match (said(issuer), said(audience), said(keys)) {
            (None, None, None) => Ok(None),
            (Some(issuer), Some(audience), Some(keys)) => {
                Ok(Some(Self { issuer, audience, keys: KeysSource::of(&keys)?, claims }))
            }
            (issuer, audience, keys) => {
                let all = [
                    (issuer, "GRADELEDGER_OIDC_ISSUER"),
                    (audience, "GRADELEDGER_OIDC_AUDIENCE"),
                    (keys, "GRADELEDGER_OIDC_JWKS"),
                ];
                let missing = all.into_iter().filter(|(said, _)| said.is_none()).map(|(_, name)| name);
                Err(InvalidOidc::Half { missing: missing.collect::<Vec<_>>().join(", ") })
            }
        }
    }
}

impl KeysSource {
    /// A URL or a path.
    ///
    /// # Errors
    /// [`InvalidOidc::Keys`].
    pub fn of(text: &str) -> Result<Self, InvalidOidc> {
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let invalid = || InvalidOidc::Keys(without_credentials(text));
        let url: Url = text.parse().map_err(|_| invalid())?;
        let is_open = url.username().is_empty() && url.password().is_none();
        let is_safe = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(&url),
            _ => false,
        };
        if is_open && is_safe { Ok(Self::Url(url)) } else { Err(invalid()) }
    }
}

/// What another machine could answer in the issuer's place is never asked without TLS.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The text, but for what may be a password in it.
fn without_credentials(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_over_tls_or_from_this_machine_or_read_from_a_file() {
        for text in [
            "https://sso.example/certs",
            "http://127.0.0.1:8080/certs",
            "http://[::1]/c",
            "http://localhost/c",
        ] {
            assert!(matches!(KeysSource::of(text), Ok(KeysSource::Url(_))), "{text}");
        }
        assert_eq!(KeysSource::of("/etc/jwks.json"), Ok(KeysSource::File("/etc/jwks.json".into())));
        for text in [
            "http://sso.example/certs",
            "ftp://sso.example/x",
            "file:///etc/jwks.json",
            "http://127.0.0.1.example/c",
        ] {
            assert!(KeysSource::of(text).is_err(), "{text}");
        }
        let refused = KeysSource::of("https://anna:secret@sso.example/certs").unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }

    #[test]
    fn a_half_configuration_says_what_is_missing() {
        let of = |issuer, audience, keys| OidcSettings::of(issuer, audience, keys, ClaimNames::default());
        assert_eq!(of(None, Some(" "), None), Ok(None));
        let refused = of(Some("https://sso.example"), None, Some("/etc/jwks.json")).unwrap_err().to_string();
        assert!(refused.contains("not set: GRADELEDGER_OIDC_AUDIENCE. Set all"), "{refused}");
        let refused = of(Some("https://sso.example"), None, None).unwrap_err().to_string();
        assert!(
            refused.contains("not set: GRADELEDGER_OIDC_AUDIENCE, GRADELEDGER_OIDC_JWKS. Set all"),
            "{refused}"
        );
    }
}
