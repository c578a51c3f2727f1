//! docs/security.md prints the table of permissions and the act of every route, as they are.

use std::fs;
use std::path::Path;

use domain::access::{Act, Party, Rule, rule};

use crate::routes::world::World;

fn words(act: Act) -> String {
    let name = format!("{act:?}");
    let mut words = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn permissions() -> String {
    let mut table = String::from("| act |");
    table.extend(Party::ALL.into_iter().map(|party| format!(" {} |", party.as_str())));
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(Party::ALL.len()));
    table.push('\n');
    for act in Act::ALL {
        table.push_str(&format!("| {} |", words(act)));
        for party in Party::ALL {
            let cell = match rule(act, party) {
                Rule::No => String::new(),
                Rule::Yes => "yes".to_owned(),
                Rule::Theirs => "theirs".to_owned(),
                Rule::With(scopes) => {
                    scopes.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or ")
                }
            };
            table.push_str(&format!(" {cell} |"));
        }
        table.push('\n');
    }
    table
}

fn routes(world: &World) -> String {
    let mut table = String::from("| route | act |\n|---|---|\n");
    for route in &world.page {
        table.push_str(&format!("| `{} {}` | {} |\n", route.method(), route.template(), words(route.act())));
    }
    table
}

/// The text with what stands between the marks of `name` in its place.
fn with(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no place for the {name}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the {name} has no end"));
    format!("{before}{begin}{table}{end}{after}")
}

#[tokio::test]
async fn the_page_on_security_prints_the_table_and_the_act_of_every_route() {
    let world = World::without_projectors(gradeledger::limits::HttpLimits::default()).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md");
    let stands = fs::read_to_string(&path).unwrap();
    let should = with(&stands, "table of permissions", &permissions());
    let should = with(&should, "table of routes", &routes(&world));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &should).unwrap();
    }
    assert!(
        stands == should || std::env::var_os("UPDATE_DOCS").is_some(),
        "stale; UPDATE_DOCS=1 writes it anew"
    );
}
