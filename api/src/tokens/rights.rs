//! What a token opens.

use domain::access::Scopes;
use domain::{Role, SubjectId};

/// What a token opens: a role, and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The role.
    pub role: Role,
    /// A service's scopes; none for all others.
    pub scopes: Scopes,
    /// The subject whose results a student's token opens.
    pub subject: Option<SubjectId>,
}

impl Rights {
    /// Whether a token can have them: workers hold none, a student's names a subject, and a service's a scope.
    pub(super) fn are_a_token_s(&self) -> bool {
        let (has_scope, has_subject) = (self.scopes.iter().next().is_some(), self.subject.is_some());
        match self.role {
            Role::Admin | Role::Grader | Role::Clerk | Role::Auditor => !has_scope && !has_subject,
            Role::Student => has_subject && !has_scope,
            Role::Service => has_scope && !has_subject,
            Role::System => false,
        }
    }
}

impl From<Role> for Rights {
    /// The role alone.
    fn from(role: Role) -> Self {
        Self { role, scopes: Scopes::NONE, subject: None }
    }
}
