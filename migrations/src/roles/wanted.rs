//! What each part of the service may do, and no more: the one list, which `harden` grants and `doctor` looks for.
//!
//! Architecture invariant: what was recorded (events, commands, epochs, the vault) is written by functions with their owner's
//! rights and by nothing else. Only what can be made again from it is anybody's to write, and that is the projector's.

use super::{Part, Store};
use crate::triggers;

/// The functions that a part calls. One that is not here is nobody's but its owner's.
const FUNCTIONS: [(&str, Part); 7] = [
    ("append_events", Part::Writer),
    ("append_events_of_one", Part::Writer),
    ("erase_vault_rows", Part::Writer),
    ("discard_view_shadow", Part::Projector),
    ("make_view_shadow", Part::Projector),
    ("index_view_shadow", Part::Projector),
    ("swap_view_shadow", Part::Projector),
];

/// The same of the key store, whose one part calls them.
const FUNCTIONS_OF_KEYS: [&str; 2] = ["prune_access_log", "erase_access_reasons"];

/// Tables that say what the others are. The service reads them, and migrations write them.
const ABOUT: [&str; 3] = ["_sqlx_migrations", "event_shapes", "database_roles"];

const NOTHING: &[&str] = &[];
const READ: &[&str] = &["SELECT"];
const KEEP: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE"];

/// The rights of a part on an object of a store's database, as GRANT names them.
pub(super) fn wanted(store: Store, part: Part, kind: &str, name: &str) -> &'static [&'static str] {
    if !store.parts().contains(&part) {
        return NOTHING;
    }
    match (kind, store) {
        ("DATABASE", _) => &["CONNECT"],
        ("SCHEMA", _) => &["USAGE"],
        ("FUNCTION", Store::Ledger) if FUNCTIONS.contains(&(name, part)) => &["EXECUTE"],
        ("FUNCTION", Store::Keys) if FUNCTIONS_OF_KEYS.contains(&name) => &["EXECUTE"],
        ("TABLE", Store::Ledger) => of_ledger(part, name),
        ("TABLE", Store::Keys) => of_keys(name),
        _ => NOTHING,
    }
}

fn of_ledger(part: Part, table: &str) -> &'static [&'static str] {
    let is_recorded = triggers().iter().any(|trigger| trigger.table == table);
    match (part, table) {
        (_, table) if ABOUT.contains(&table) => READ,
        // Sealed as they are, texts are the writer's alone, which the vault reads with.
        (Part::Writer, "vault") => READ,
        (_, "vault") => NOTHING,
        (_, _) if is_recorded => READ,
        // Views, and what goes with them and with work in hand.
        (Part::Projector, _) => KEEP,
        (Part::Reader, _) => READ,
        (Part::Writer | Part::Keys, _) => NOTHING,
    }
}

fn of_keys(table: &str) -> &'static [&'static str] {
    match table {
        table if ABOUT.contains(&table) => READ,
        // The first process puts the first one in; only the owner puts another in its place.
        "master_key" | "service_keys" => &["SELECT", "INSERT"],
        // A key is made and destroyed by the service, and wrapped anew by the owner alone.
        "data_keys" => &["SELECT", "INSERT", "DELETE"],
        // Who read what is added to and read; rows go by their age alone, through the function that looks at it.
        "access_log" => &["SELECT", "INSERT"],
        _ => KEEP,
    }
}
