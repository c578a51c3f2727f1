//! Personal texts in answers: sealed in what the ledger stores, opened on the way out.

use domain::Commitment;
use serde::Serialize;

/// The one field of the object that stands for a sealed text.
const MARK: &str = "sealed";

/// A text that an answer is to show.
///
/// It is written as `{"sealed": commitment}`: answers are stored with their command, and no personal text
/// may stand there. The application puts the text in its place when the answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedText(pub Commitment);

impl Serialize for SealedText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(MARK, self.0)])
    }
}

#[cfg(test)]
mod tests {
    use domain::Digest;
    use projections::views::audit_trail::{commitments, open};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_holds_its_commitment_until_it_is_opened() {
        let commitment = Commitment(Digest([1; 32]));
        let mut answer = json!({"text": SealedText(commitment), "list": [3]});
        assert_eq!(commitments(&answer), [commitment]);
        open(&mut answer, &|_| "bien vu".to_owned());
        assert_eq!(answer, json!({"text": "bien vu", "list": [3]}));
    }
}
