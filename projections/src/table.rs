//! The tables of a view: what they are called, what tells their rows apart, and where those rows come from.

use std::borrow::Cow;

/// A table that a view writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// As the migrations call it.
    pub name: &'static str,
    /// The columns that tell its rows apart.
    pub key: &'static [&'static str],
    /// Where its rows come from.
    pub made: Made,
}

/// Where the rows of a table come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// From the states of streams: each row belongs to one.
    Rows {
        /// The column, or the SQL over columns, that holds the id of the row's stream.
        stream: &'static str,
    },
    /// From the view's other tables.
    Derived {
        /// What gives its rows, in the order of its columns.
        select: &'static str,
    },
}

/// Which tables a statement of a view is about: those that readers see, or the ones that a rebuild fills beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    tables: &'static [Table],
    generation: Generation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    Live,
    Shadow,
}

impl Tables {
    /// The tables that readers see.
    #[must_use]
    pub const fn live(tables: &'static [Table]) -> Self {
        Self { tables, generation: Generation::Live }
    }

    /// The tables that a rebuild fills.
    #[must_use]
    pub const fn shadow(tables: &'static [Table]) -> Self {
        Self { tables, generation: Generation::Shadow }
    }

    /// The statement `sql`, which names live tables, about these tables.
    #[must_use]
    pub fn sql<'a>(&self, sql: &'a str) -> Cow<'a, str> {
        match self.generation {
            Generation::Live => Cow::Borrowed(sql),
            Generation::Shadow => {
                Cow::Owned(self.tables.iter().fold(sql.to_owned(), |sql, table| {
                    replace_word(&sql, table.name, &shadow_name(table.name))
                }))
            }
        }
    }

    /// What one of these tables is called.
    #[must_use]
    pub fn name(&self, table: &Table) -> Cow<'static, str> {
        match self.generation {
            Generation::Live => Cow::Borrowed(table.name),
            Generation::Shadow => Cow::Owned(shadow_name(table.name)),
        }
    }
}

/// What the table that a rebuild fills is called until it takes the place of the live one.
pub(crate) fn shadow_name(live: &str) -> String {
    format!("{live}_shadow")
}

/// Puts `by` where `word` stands as a whole: a longer name that contains it is another name.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let (mut replaced, mut rest) = (String::with_capacity(text.len() + by.len()), text);
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let begins =
            !before.ends_with(is_part_of_a_name) && (at > 0 || !replaced.ends_with(is_part_of_a_name));
        replaced.push_str(before);
        replaced.push_str(if begins && !after.starts_with(is_part_of_a_name) { by } else { word });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

fn is_part_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::replace_word;

    #[test]
    fn a_table_is_renamed_where_its_whole_name_stands_and_nowhere_else() {
        let sql = "INSERT INTO copies_v2 AS c SELECT NULL::copies_v2, old_copies_v2, copies_v2_created, copies_v2copies_v2";
        let renamed = replace_word(sql, "copies_v2", "copies_v2_shadow");
        assert_eq!(
            renamed,
            "INSERT INTO copies_v2_shadow AS c SELECT NULL::copies_v2_shadow, old_copies_v2, copies_v2_created, \
             copies_v2copies_v2"
        );
    }
}
