//! The text of a token.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Digest;
use zeroize::Zeroize;

use super::TokenError;

/// What a token begins with, so that people and secret scanners know one when they see it.
const PREFIX: &str = "glt_";
/// 256 random bits.
const SECRET_BYTES: usize = 32;
/// Characters of base64url (RFC 4648, section 5) for the secret, and for the checksum that follows it.
const SECRET_CHARACTERS: usize = 43;
const CHECKSUM_CHARACTERS: usize = 6;

/// `glt_`, 43 characters of secret, 6 of checksum: 53 characters that need no quoting anywhere.
///
/// The checksum tells a mistyped or cut token from an unknown one without asking the database. It is no
/// protection: the secret is.
pub struct Token(String);

impl Token {
    /// A new one.
    pub(super) fn random() -> Result<Self, TokenError> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(TokenError::Random)?;
        let mut text = PREFIX.to_owned();
        URL_SAFE_NO_PAD.encode_string(secret, &mut text);
        text.push_str(&checksum(&text));
        secret.zeroize();
        Ok(Self(text))
    }

    /// Reads what a client sent; none where it cannot be a token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let long_enough = rest.len() == SECRET_CHARACTERS + CHECKSUM_CHARACTERS && rest.is_ascii();
        let (body, sum) = text.split_at_checked(PREFIX.len() + SECRET_CHARACTERS)?;
        (long_enough && checksum(body) == sum).then(|| Self(text.to_owned()))
    }

    /// The text itself: to print once, or to send. Never log it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Digest::of(self.0.as_bytes()).0)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of a token's text. A plain hash is enough where the secret has 256 bits: there is nothing to guess.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub(super) [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

fn checksum(body: &str) -> String {
    let digest = Digest::of_parts(&[b"gradeledger-token v1\n", body.as_bytes()]);
    let mut text = URL_SAFE_NO_PAD.encode(digest.0);
    text.truncate(CHECKSUM_CHARACTERS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_a_changed_one_does_not() {
        let token = Token::random().unwrap();
        let text = token.reveal().to_owned();
        assert_eq!(Token::parse(&text).unwrap().hash(), token.hash());
        for at in 0..text.len() {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(Token::parse(&changed).is_none(), "changed at {at}");
        }
        for cut in 0..text.len() {
            assert!(Token::parse(&text[..cut]).is_none());
        }
        assert!(Token::parse(&format!("{text}A")).is_none());
    }

    #[test]
    fn text_that_is_no_token_is_refused_whatever_its_characters() {
        for text in
            ["", "glt_", "Bearer", &"é".repeat(26), &format!("glt_{}", "é".repeat(24)), &"x".repeat(10_000)]
        {
            assert!(Token::parse(text).is_none());
        }
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let token = Token::random().unwrap();
        assert_eq!(format!("{token:?} {:?}", token.hash()), "Token(…) TokenHash(…)");
    }
}
