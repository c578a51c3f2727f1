//! What the key store knows people by who sign in at the institution: HMACs, so that neither the issuer's name for somebody nor
//! a student's reference stands anywhere in clear.

use std::fmt;

use hmac::Mac as _;
use zeroize::Zeroizing;

use super::master_key::keyed;

/// Makes them. The same person is the same one for as long as the service's key lives.
#[derive(Clone)]
pub struct SignInNames(Zeroizing<[u8; 32]>);

impl fmt::Debug for SignInNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInNames([secret])")
    }
}

/// HMAC-SHA-256 of a person's name at an issuer, or of a reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignInHash(pub(crate) [u8; 32]);

impl fmt::Debug for SignInHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInHash(…)")
    }
}

impl SignInNames {
    pub(super) const fn under(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// Somebody who signs in to work here, by issuer and subject identifier (OpenID Connect Core 1.0, section 2).
    #[must_use]
    pub fn of_staff(&self, issuer: &str, sub: &str) -> SignInHash {
        self.hash("staff", &[issuer, sub])
    }

    /// The same person as a student: another one, so that what they mark never leads to what they wrote, and so that their
    /// erasure as a subject leaves their work here as it is.
    #[must_use]
    pub fn of_student(&self, issuer: &str, sub: &str) -> SignInHash {
        self.hash("student", &[issuer, sub])
    }

    /// What the institution knows a student by. White space around it does not count.
    #[must_use]
    pub fn of_reference(&self, reference: &str) -> SignInHash {
        self.hash("reference", &[reference.trim()])
    }

    fn hash(&self, what: &str, parts: &[&str]) -> SignInHash {
        let mut mac = keyed(&self.0);
        mac.update(format!("gradeledger-sign-in v1\n{what}\n").as_bytes());
        for part in parts {
            // With its length in front, no part of one can pass for a part of the other.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        SignInHash(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_issuer_person_capacity_or_key_is_another_name() {
        let (names, others) = (SignInNames(Zeroizing::new([1; 32])), SignInNames(Zeroizing::new([2; 32])));
        let anna = names.of_staff("https://a.example", "anna");
        assert_eq!(anna, names.of_staff("https://a.example", "anna"));
        for other in [
            names.of_staff("https://a.example", "bo"),
            names.of_staff("https://a.examplea", "nna"),
            names.of_student("https://a.example", "anna"),
            others.of_staff("https://a.example", "anna"),
            names.of_reference("anna"),
        ] {
            assert_ne!(anna, other);
        }
        assert_eq!(names.of_reference(" 4711 "), names.of_reference("4711"));
    }
}
