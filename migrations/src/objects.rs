//! What the migrations of a ledger define that keeps it whole, read from their own text: so that whoever looks whether it is
//! still there needs no second list.

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::LEDGER_FILES;

/// A trigger, as the migrations define it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: &'static str,
    /// The table that it guards.
    pub table: &'static str,
    /// What it is fired by: `UPDATE`, `DELETE`, `TRUNCATE`.
    pub fired_by: BTreeSet<&'static str>,
    /// Whether it is fired by each row, rather than by each statement.
    pub by_row: bool,
    /// The function that it calls.
    pub function: &'static str,
    /// Whether it is fired under `session_replication_role = replica`, too.
    pub always: bool,
}

/// The functions of a ledger with their bodies, as `pg_proc.prosrc` has them: the last definition of each.
#[must_use]
pub fn functions() -> BTreeMap<&'static str, &'static str> {
    LEDGER_FILES.iter().filter_map(|(_, _, sql)| function(sql)).collect()
}

/// The triggers of a ledger.
#[must_use]
pub fn triggers() -> Vec<Trigger> {
    LEDGER_FILES.iter().filter_map(|(_, _, sql)| trigger(sql)).collect()
}

fn function(sql: &'static str) -> Option<(&'static str, &'static str)> {
    let (_, definition) = sql.split_once("\nCREATE FUNCTION ")?;
    let (name, rest) = definition.split_once('(')?;
    let (_, body) = rest.split_once("AS $$")?;
    let (body, _) = body.split_once("$$")?;
    Some((name, body))
}

fn trigger(sql: &'static str) -> Option<Trigger> {
    let (_, definition) = sql.split_once("CREATE TRIGGER ")?;
    let (definition, _) = definition.split_once(';')?;
    let mut words = definition.split_whitespace();
    let name = words.next()?;
    let mut fired_by = BTreeSet::new();
    let table = loop {
        match words.next()? {
            "BEFORE" | "OR" => {}
            "ON" => break words.next()?,
            by => drop(fired_by.insert(by)),
        }
    };
    let by_row = words.clone().any(|word| word == "ROW");
    let function = words.last()?.strip_suffix("()")?;
    let always = sql.contains(&format!("ENABLE ALWAYS TRIGGER {name}"));
    Some(Trigger { name, table, fired_by, by_row, function, always })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_and_trigger_of_the_files_is_found() {
        let all: String = LEDGER_FILES.iter().map(|(_, _, sql)| *sql).collect();
        assert_eq!(triggers().len(), all.matches("\nCREATE TRIGGER ").count());
        assert!(triggers().iter().all(|trigger| trigger.always), "{:?}", triggers());
        let defined: BTreeSet<&str> =
            all.split("\nCREATE FUNCTION ").skip(1).filter_map(|text| text.split('(').next()).collect();
        assert_eq!(functions().into_keys().collect::<BTreeSet<_>>(), defined);
        assert!(functions()["append_events"].contains("RETURN QUERY"));
        let events = triggers().into_iter().find(|trigger| trigger.name == "events_only_grow").unwrap();
        assert_eq!((events.table, events.by_row, events.function), ("events", false, "refuse_change"));
        assert_eq!(events.fired_by, BTreeSet::from(["UPDATE", "DELETE", "TRUNCATE"]));
    }
}
