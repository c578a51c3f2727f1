//! Every log statement and span of the source, as its tokens say.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Where shipped code stands.
const SOURCES: [&str; 5] = ["api/src", "domain/src", "fixtures/src", "migrations/src", "projections/src"];

/// The macros, and the level at which each writes. `tracing`'s WARN is written as WARNING.
const EVENTS: [(&str, &str); 6] = [
    ("critical", "CRITICAL"),
    ("error", "ERROR"),
    ("warn", "WARNING"),
    ("info", "INFO"),
    ("debug", "DEBUG"),
    ("trace", "TRACE"),
];
const SPANS: [&str; 5] = ["error_span", "warn_span", "info_span", "debug_span", "trace_span"];

/// A log statement, or a span.
#[derive(Debug)]
pub(super) struct Statement {
    /// From the repository's root.
    pub(super) file: String,
    pub(super) line: usize,
    /// As it is written; none for a span.
    pub(super) level: Option<&'static str>,
    /// Where it is not that of its module.
    pub(super) target: Option<String>,
    /// The message, or the name of a span.
    pub(super) message: String,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// The tokens of its value, with spaces between them; empty where the name is the value.
    pub(super) value: String,
}

impl Statement {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    pub(super) fn is_warning_or_worse(&self) -> bool {
        matches!(self.level, Some("WARNING" | "ERROR" | "CRITICAL"))
    }
}

/// Every file of shipped code, from the repository's root, in order.
pub(super) fn files(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = SOURCES.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// Every statement of these files, in order.
pub(super) fn statements(root: &Path, files: &[String]) -> Vec<Statement> {
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let before = found.len();
        walk(file, tokens, &mut found);
        found[before..].sort_by_key(|statement| statement.line);
    }
    found
}

fn walk(file: &str, tokens: TokenStream, found: &mut Vec<Statement>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) || is_macro_definition(&tokens[at..]) {
            at = after_item(&tokens, at + 2);
            continue;
        }
        match &tokens[at..] {
            [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(arguments), ..]
                if bang.as_char() == '!' && kind(&name.to_string()).is_some() =>
            {
                let line = name.span().start().line;
                found.push(read(file, line, &name.to_string(), arguments));
                walk(file, arguments.stream(), found);
                at += 3;
            }
            [TokenTree::Group(group), ..] => {
                walk(file, group.stream(), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// The level of a macro's events, or none for its spans.
fn kind(name: &str) -> Option<Option<&'static str>> {
    let event = EVENTS.iter().find(|(event, _)| *event == name).map(|(_, level)| Some(*level));
    event.or_else(|| SPANS.contains(&name).then_some(None))
}

/// `#[cfg(test)]`: what follows is not shipped.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(hash), TokenTree::Group(group), ..]
        if hash.as_char() == '#' && group.stream().to_string().replace(' ', "") == "cfg(test)")
}

fn is_macro_definition(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Ident(name), TokenTree::Punct(bang), ..]
        if *name == "macro_rules" && bang.as_char() == '!')
}

/// Behind the item that begins at `at`: its braces, or its semicolon.
fn after_item(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |end| at + end + 1)
}

fn read(file: &str, line: usize, name: &str, arguments: &Group) -> Statement {
    let level = kind(name).unwrap();
    let mut statement = Statement {
        file: file.to_owned(),
        line,
        level,
        target: None,
        message: String::new(),
        fields: Vec::new(),
    };
    for argument in split(arguments.stream()) {
        match argument.as_slice() {
            [TokenTree::Ident(word), TokenTree::Punct(colon), rest @ ..]
                if *word == "target" && colon.as_char() == ':' =>
            {
                statement.target = Some(text(rest));
            }
            [TokenTree::Literal(literal)] => {
                statement.message = unquoted(&literal.to_string());
                // What follows an event's message fills its places; what follows a span's name are its fields.
                if level.is_some() {
                    break;
                }
            }
            tokens => statement.fields.push(field(tokens)),
        }
    }
    statement
}

fn split(stream: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut arguments = vec![Vec::new()];
    for token in stream {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => arguments.push(Vec::new()),
            _ => arguments.last_mut().unwrap().push(token),
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// `name = value`, or a name with a sigil and nothing else.
fn field(tokens: &[TokenTree]) -> Field {
    let is =
        |token: &TokenTree, sign: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign);
    let (name, value) = match tokens.iter().position(|token| is(token, '=')) {
        Some(equals) => (&tokens[..equals], text(&tokens[equals + 1..])),
        None => {
            let name = if is(&tokens[0], '%') || is(&tokens[0], '?') { &tokens[1..] } else { tokens };
            (name, if name.len() == tokens.len() { String::new() } else { text(tokens) })
        }
    };
    Field { name: text(name).replace(' ', ""), value }
}

fn text(tokens: &[TokenTree]) -> String {
    tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A literal without its quotes, its line continuations and its escapes.
fn unquoted(literal: &str) -> String {
    let inner = literal.trim_matches('"');
    let mut lines = inner.split("\\\n");
    let mut text = lines.next().unwrap_or_default().to_owned();
    lines.for_each(|line| text.push_str(line.trim_start()));
    text.replace("\\\"", "\"")
}
