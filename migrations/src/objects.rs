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

/// Those of the functions that run with their owner's rights, so that their callers need none on the tables.
#[must_use]
pub fn functions_as_owner() -> BTreeSet<&'static str> {
    let mut as_owner = BTreeSet::new();
    for (_, _, sql) in LEDGER_FILES {
        let altered = sql.split_once("\nALTER FUNCTION ").and_then(|(_, rest)| rest.split(' ').next());
        let Some(name) = function(sql).map(|(name, _)| name).or(altered) else { continue };
        // The last word on a function holds.
        if sql.contains(" SECURITY DEFINER") {
            as_owner.insert(name);
        } else {
            as_owner.remove(name);
        }
    }
    as_owner
}

/// The triggers of a ledger.
#[must_use]
pub fn triggers() -> Vec<Trigger> {
    LEDGER_FILES.iter().filter_map(|(_, _, sql)| trigger(sql)).collect()
}

fn function(sql: &'static str) -> Option<(&'static str, &'static str)> {
    let (_, definition) =
        sql.split_once("\nCREATE FUNCTION ").or_else(|| sql.split_once("\nCREATE OR REPLACE FUNCTION "))?;
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
        // What is replaced was made before.
        assert_eq!(functions().into_keys().collect::<BTreeSet<_>>(), defined);
        assert!(functions()["append_events"].contains("RETURN QUERY"));
        assert!(functions_as_owner().contains("append_events"));
        // `append_events` says it twice: it was altered, and then replaced; so do two that were replaced.
        assert_eq!(functions_as_owner().len() + 3, all.matches(" SECURITY DEFINER").count());
        let events = triggers().into_iter().find(|trigger| trigger.name == "events_only_grow").unwrap();
        assert_eq!((events.table, events.by_row, events.function), ("events", false, "refuse_change"));
        assert_eq!(events.fired_by, BTreeSet::from(["UPDATE", "DELETE", "TRUNCATE"]));
    }
}
