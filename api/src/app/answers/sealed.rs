//! What stands sealed in answers as the ledger keeps them, and is opened on the way out or withheld.

use domain::{Commitment, SubjectId};
use serde::Serialize;

/// The one field of the object that stands for a sealed text.
const TEXT: &str = "sealed";
/// The one field of the object that stands for a subject's pseudonym.
const WHOSE: &str = "whose";

/// A text that an answer is to show.
///
/// It is written as `{"sealed": commitment}`: answers are stored with their command, and no personal text
/// may stand there. The application puts the text in its place when the answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedText(pub Commitment);

impl Serialize for SealedText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(TEXT, self.0)])
    }
}

/// The subject whose copy it is: its pseudonym for those who may know, null for those who mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose(pub SubjectId);

impl Serialize for Whose {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(WHOSE, self.0)])
    }
}

#[cfg(test)]
mod tests {
    use domain::Digest;
    use projections::views::audit_trail::{Opening, commitments, open};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    struct Withheld;

    impl Opening for Withheld {
        fn text(&self, _: Commitment) -> Value {
            json!("bien vu")
        }

        fn subject(&self, _: SubjectId) -> Value {
            Value::Null
        }
    }

    #[test]
    fn an_answer_holds_its_commitment_and_its_subject_until_it_is_opened() {
        let commitment = Commitment(Digest([1; 32]));
        let mut answer =
            json!({"text": SealedText(commitment), "of": Whose(SubjectId(Uuid::nil())), "list": [3]});
        assert_eq!(commitments(&answer), [commitment]);
        open(&mut answer, &Withheld);
        assert_eq!(answer, json!({"text": "bien vu", "of": null, "list": [3]}));
    }
}
