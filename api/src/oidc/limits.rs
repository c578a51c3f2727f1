//! What signing in may take.

use std::time::Duration;

/// What signing in at the institution's issuer may take, and what a clerk may give a student.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInLimits {
    /// How far the issuer's clock may be from this one's: 60 s at most.
    pub leeway: Duration,
    /// A token of the issuer, in bytes.
    pub token_bytes: usize,
    /// The issuer's name for a person, and a student's reference, in bytes.
    pub subject_bytes: usize,
    /// The issuer's set of keys, in bytes.
    pub keys_bytes: usize,
    /// Keys of that set.
    pub keys: usize,
    /// How long reading it may take.
    pub keys_read: Duration,
    /// How old it may be before it is read anew.
    pub keys_age: Duration,
    /// How long it is not read again after it was, whatever keys are asked for: so often may the issuer be asked.
    pub keys_rest: Duration,
    /// How long it is used while the issuer does not answer.
    pub keys_kept: Duration,
    /// Requests that wait for it at the same time; more are told to come back.
    pub keys_waiting: usize,
    /// Tokens of one student that live at the same time.
    pub student_tokens: u32,
    /// How long a token lives that a clerk gives a student.
    pub student_token_life: Duration,
    /// References of one subject.
    pub references: usize,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            leeway: Duration::from_secs(30),
            token_bytes: 8_192,
            subject_bytes: 255,
            keys_bytes: 262_144,
            keys: 64,
            keys_read: Duration::from_secs(5),
            keys_age: Duration::from_secs(300),
            keys_rest: Duration::from_secs(10),
            keys_kept: Duration::from_secs(6 * 3_600),
            keys_waiting: 256,
            student_tokens: 5,
            student_token_life: Duration::from_secs(30 * 86_400),
            references: 8,
        }
    }
}
