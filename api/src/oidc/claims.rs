//! What the claims of a token say about somebody: role, scopes, and which student.

use std::fmt;

use domain::access::{Scope, Scopes};
use domain::{Role, SubjectId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::refused::Refused;
use crate::vault::SecretText;

/// A UUID with its hyphens, in characters.
const UUID_CHARACTERS: usize = 36;

/// Who a student is, by what their token says.
pub(super) enum Student {
    /// The subject itself.
    Subject(SubjectId),
    /// By what the institution knows them.
    Reference(SecretText),
}

impl fmt::Debug for Student {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Student(…)")
    }
}

/// The one role of this service that the claim names. What else stands there is another service's; `system` is nobody's.
pub(super) fn role(claims: &Map<String, Value>, name: &str) -> Result<Role, Refused> {
    let roles = texts(named(claims, name)).filter_map(|text| text.parse::<Role>().ok());
    let mut roles = roles.filter(|role| *role != Role::System);
    let first = roles.next().ok_or(Refused::NoRole)?;
    if roles.any(|role| role != first) { Err(Refused::SeveralRoles) } else { Ok(first) }
}

/// The scopes of this service among those that the claim names: at least one.
pub(super) fn scopes(claims: &Map<String, Value>, name: &str) -> Result<Scopes, Refused> {
    let words = texts(named(claims, name)).flat_map(str::split_ascii_whitespace);
    let scopes: Scopes = words.filter_map(|word| word.parse::<Scope>().ok()).collect();
    if scopes.iter().next().is_none() { Err(Refused::NoScope) } else { Ok(scopes) }
}

/// Who the student is.
pub(super) fn student(claims: &Map<String, Value>, name: &str, most: usize) -> Result<Student, Refused> {
    let text = named(claims, name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if text.is_empty() || text.len() > most {
        return Err(Refused::NoSubject);
    }
    let subject = (text.len() == UUID_CHARACTERS).then(|| Uuid::try_parse(text).ok()).flatten();
    Ok(match subject {
        Some(subject) => Student::Subject(SubjectId(subject)),
        None => Student::Reference(SecretText::new(text.to_owned())),
    })
}

/// A time in whole seconds since 1970 (RFC 7519, section 2, NumericDate).
pub(super) fn seconds(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    // A fraction of a second ends before it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off at the ends of u64")]
    let whole = |fraction: f64| fraction.max(0.0) as u64;
    value.as_u64().or_else(|| value.as_f64().map(whole))
}

/// A claim by its whole name, else by the way into nested ones.
fn named<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut way = name.split('.');
    let first = claims.get(way.next()?)?;
    way.try_fold(first, |value, member| value.as_object()?.get(member))
}

/// A text, or the texts of a list.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    value.and_then(Value::as_str).into_iter().chain(list.iter().filter_map(Value::as_str))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role_of(claims: Value, name: &str) -> Result<Role, Refused> {
        role(claims.as_object().unwrap(), name)
    }

    #[test]
    fn exactly_one_role_of_this_service_comes_out_of_the_claim() {
        let nested = |roles: Value| json!({"realm_access": {"roles": roles}});
        for (claims, name, expected) in [
            (json!({"role": "grader"}), "role", Ok(Role::Grader)),
            (json!({"role": ["clerk"]}), "role", Ok(Role::Clerk)),
            (json!({"role": ["clerk", "clerk"]}), "role", Ok(Role::Clerk)),
            (nested(json!(["offline_access", "auditor"])), "realm_access.roles", Ok(Role::Auditor)),
            (json!({"https://x.example/role": "admin"}), "https://x.example/role", Ok(Role::Admin)),
            (nested(json!(["admin", "grader"])), "realm_access.roles", Err(Refused::SeveralRoles)),
            (json!({"role": "system"}), "role", Err(Refused::NoRole)),
            (json!({"role": "Admin"}), "role", Err(Refused::NoRole)),
            (json!({"role": {"admin": true}}), "role", Err(Refused::NoRole)),
            (json!({}), "role", Err(Refused::NoRole)),
            (json!({"realm_access": "admin"}), "realm_access.roles", Err(Refused::NoRole)),
        ] {
            assert_eq!(role_of(claims.clone(), name), expected, "{claims}");
        }
    }

    #[test]
    fn a_service_has_the_scopes_that_this_service_knows() {
        let of = |scope: Value| scopes(json!({"scope": scope}).as_object().unwrap(), "scope");
        let two: Scopes = [Scope::Export, Scope::EventsRead].into_iter().collect();
        assert_eq!(of(json!("openid export events:read")), Ok(two));
        assert_eq!(of(json!(["export", "events:read"])), Ok(two));
        assert_eq!(of(json!("openid profile")), Err(Refused::NoScope));
    }

    #[test]
    fn a_student_is_a_subject_or_a_reference() {
        let of = |text: &str| student(json!({"s": text}).as_object().unwrap(), "s", 40);
        assert!(matches!(of("0198c1f2-0000-7000-8000-000000000001"), Ok(Student::Subject(_))));
        assert!(matches!(of("0198c1f2000070008000000000000001"), Ok(Student::Reference(_))));
        assert!(matches!(of(" 4711 "), Ok(Student::Reference(it)) if it.expose() == "4711"));
        for text in ["", "  ", &"x".repeat(41)] {
            assert!(matches!(of(text), Err(Refused::NoSubject)));
        }
    }
}
