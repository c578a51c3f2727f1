//! Finds the route of a request.

use domain::{CopyId, ExamId};
use http::Method;
use uuid::Uuid;

use super::route::Route;
use crate::app::About;

/// All routes of the server, in the order of the page.
#[derive(Debug)]
pub struct Table {
    routes: Vec<Route>,
    /// What stands between the slashes of each one's template: every request is held against them.
    words: Vec<Vec<&'static str>>,
}

/// What the table says of a method and path.
pub(super) enum Found<'a> {
    /// This route.
    Route(&'a Route),
    /// The path is there, the method is not: these are.
    OtherMethods(String),
    /// Nothing is at this path.
    Nothing,
}

impl Table {
    /// A table of these routes.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        let words = routes.iter().map(|route| route.template().split('/').collect()).collect();
        Self { routes, words }
    }

    /// Every route.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// A word of a template goes before a parameter at the same place, whatever the order of the page.
    pub(super) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let texts: Vec<&str> = path.split('/').collect();
        let at_path = || {
            let each = self.routes.iter().zip(&self.words);
            each.filter(|(_, words)| matches(words, &texts)).map(|(route, _)| route)
        };
        let most_words = |route: &&Route| std::cmp::Reverse(parameters(route.template()));
        if let Some(route) = at_path().filter(|route| route.method() == wanted).max_by_key(most_words) {
            return Found::Route(route);
        }
        let mut methods: Vec<&str> = at_path().map(|route| route.method().as_str()).collect();
        if methods.is_empty() {
            return Found::Nothing;
        }
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        Found::OtherMethods(methods.join(", "))
    }
}

/// The copy that a path names, for the log.
pub(super) fn copy_in(template: &str, path: &str) -> Option<Uuid> {
    Uuid::parse_str(named(template, path, "{copy}")?).ok()
}

/// The exam or copy that a path names; none where it names one by what is no id. Whoever asks for permission must not take
/// such a path for one about nothing: the route's own filter may read it otherwise, percent-decoded say.
pub(super) fn about(template: &str, path: &str) -> Option<About> {
    match (named(template, path, "{copy}"), named(template, path, "{exam}")) {
        (Some(copy), _) => Some(About::Copy(CopyId(Uuid::parse_str(copy).ok()?))),
        (None, Some(exam)) => Some(About::Exam(ExamId(Uuid::parse_str(exam).ok()?))),
        (None, None) => Some(About::Nothing),
    }
}

/// What stands in a path at the place of a parameter.
pub(super) fn named<'a>(template: &str, path: &'a str, parameter: &str) -> Option<&'a str> {
    template.split('/').zip(path.split('/')).find(|(word, _)| *word == parameter).map(|(_, text)| text)
}

fn matches(words: &[&str], texts: &[&str]) -> bool {
    let is_at = |(word, text): (&&str, &&str)| word == text || (word.starts_with('{') && !text.is_empty());
    words.len() == texts.len() && words.iter().zip(texts).all(is_at)
}

fn parameters(template: &str) -> usize {
    template.matches('{').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_its_template_and_no_other() {
        for (template, path, expected) in [
            ("/api/copies/{copy}/lock", "/api/copies/7/lock", true),
            ("/api/copies/{copy}/lock", "/api/copies//lock", false),
            ("/api/copies/{copy}/lock", "/api/copies/7/lock/", false),
            ("/api/copies/{copy}", "/api/copies/7/lock", false),
            ("/metrics", "/metrics", true),
            ("/metrics", "//metrics", false),
        ] {
            let parts = |whole: &'static str| whole.split('/').collect::<Vec<_>>();
            assert_eq!(matches(&parts(template), &parts(path)), expected, "{template} {path}");
        }
    }

    #[test]
    fn the_copy_of_a_path_is_known_only_where_it_is_a_uuid() {
        let id = "0198c1f2-0000-7000-8000-000000000001";
        let path = format!("/api/copies/{id}/lock");
        assert_eq!(copy_in("/api/copies/{copy}/lock", &path), Uuid::parse_str(id).ok());
        assert_eq!(copy_in("/api/copies/{copy}/lock", "/api/copies/Anna/lock"), None);
        assert_eq!(copy_in("/api/exams/{exam}", &format!("/api/exams/{id}")), None);
    }
}
