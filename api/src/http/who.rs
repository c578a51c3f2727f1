//! Who may do an act, in words.

use domain::access::{Act, Party, Rule, rule};

/// Who may, as refusals and the document of the API say it.
pub(super) fn may(act: Act) -> String {
    if act == Act::Open {
        return "anyone".to_owned();
    }
    let parties = Party::ALL.into_iter().filter_map(|party| match rule(act, party) {
        Rule::No => None,
        Rule::Yes => Some(party.as_str().to_owned()),
        Rule::Theirs => Some(match party {
            Party::Lead => "lead of the exam".to_owned(),
            Party::Student => "student, of their own".to_owned(),
            _ => format!("{} of the exam", party.as_str()),
        }),
        Rule::With(scopes) => {
            let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            Some(format!("{} with {}", party.as_str(), scopes.join(" or ")))
        }
    });
    let parties: Vec<String> = parties.collect();
    let local = if act == Act::Scrape { "anyone on this machine; from elsewhere " } else { "" };
    format!("{local}{}", parties.join(", "))
}
