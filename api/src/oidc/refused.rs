//! Why somebody is not let in: a closed list, which the log and the figures tell. Whoever shows the token is told less.

/// What was wrong with what somebody showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// Neither a token of the ledger's own nor one of an issuer.
    NoToken,
    /// A token of the ledger's own that is unknown, revoked or past its end.
    UnknownToken,
    /// A token of an issuer, and this service has none.
    NoIssuer,
    /// Longer than a token may be.
    TooLong,
    /// No JSON Web Token (RFC 7519).
    Malformed,
    /// A header that brings a key along, names where there is one, or asks for what is not understood (RFC 7515, section 4.1).
    Header,
    /// A token for something else than access (RFC 8725, section 3.11).
    Type,
    /// An algorithm that is not on the list.
    Algorithm,
    /// No key is named, and the issuer has several that it could be.
    NoKeyNamed,
    /// The issuer has no such key.
    UnknownKey,
    /// The key that is named is for another algorithm.
    KeyType,
    /// The signature is not the key's.
    Signature,
    /// A claim is missing or no claim: `exp`, `iss`, `aud`, `sub`.
    Claims,
    /// Another issuer's.
    Issuer,
    /// For another service.
    Audience,
    /// Past its end.
    Expired,
    /// Not valid yet.
    NotYetValid,
    /// An operator has blocked the actor.
    Blocked,
    /// No role of this service.
    NoRole,
    /// More than one.
    SeveralRoles,
    /// A service without a scope of this service.
    NoScope,
    /// A student whom the token does not say who they are.
    NoSubject,
    /// A student whom the office has not said who they are, or whose data was erased.
    UnknownStudent,
}

impl Refused {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::NoToken,
        Self::UnknownToken,
        Self::NoIssuer,
        Self::TooLong,
        Self::Malformed,
        Self::Header,
        Self::Type,
        Self::Algorithm,
        Self::NoKeyNamed,
        Self::UnknownKey,
        Self::KeyType,
        Self::Signature,
        Self::Claims,
        Self::Issuer,
        Self::Audience,
        Self::Expired,
        Self::NotYetValid,
        Self::Blocked,
        Self::NoRole,
        Self::SeveralRoles,
        Self::NoScope,
        Self::NoSubject,
        Self::UnknownStudent,
    ];

    /// As it stands in the log and in figures.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::UnknownToken => "unknown_token",
            Self::NoIssuer => "no_issuer",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::Type => "type",
            Self::Algorithm => "algorithm",
            Self::NoKeyNamed => "no_key_named",
            Self::UnknownKey => "unknown_key",
            Self::KeyType => "key_type",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Blocked => "blocked",
            Self::NoRole => "no_role",
            Self::SeveralRoles => "several_roles",
            Self::NoScope => "no_scope",
            Self::NoSubject => "no_subject",
            Self::UnknownStudent => "unknown_student",
        }
    }
}

/// Why somebody could not be let in.
#[derive(Debug, thiserror::Error)]
pub enum NotLetIn {
    /// What they showed is refused.
    #[error("refused: {}", .0.label())]
    Refused(Refused),
    /// The issuer's keys are not at hand.
    #[error("the keys of the issuer are not at hand")]
    NoKeys,
    /// The key store does not answer.
    #[error("who it is could not be looked up")]
    KeyStore(#[source] crate::tokens::TokenError),
}

impl From<Refused> for NotLetIn {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<crate::tokens::TokenError> for NotLetIn {
    fn from(error: crate::tokens::TokenError) -> Self {
        Self::KeyStore(error)
    }
}

impl From<sqlx::Error> for NotLetIn {
    fn from(error: sqlx::Error) -> Self {
        Self::KeyStore(error.into())
    }
}
