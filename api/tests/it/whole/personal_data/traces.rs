//! Marker values, and the places where they must not be.

use std::fs;
use std::path::Path;

use sqlx::{PgPool, Row as _};

/// What every marker begins with.
const MARK: &str = "Q7MARKER";

/// A value that is found wherever it is copied to.
pub(super) fn marked(what: &str) -> String {
    format!("{MARK}{what}")
}

/// What was collected, each with where.
#[derive(Default)]
pub(super) struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    pub(super) fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    /// Every file of a folder.
    pub(super) fn add_folder(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            self.add(path.display().to_string(), fs::read(&path).unwrap());
        }
    }

    /// Every row of every table of the ledger, and every statement that a session shows.
    pub(super) async fn add_database(&mut self, pool: &PgPool) {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        assert!(tables.iter().any(|table| table.ends_with(".events")), "{tables:?}");
        for table in tables {
            let rows = sqlx::query(&format!("SELECT t::text FROM {table} t")).fetch_all(pool).await.unwrap();
            for row in rows {
                self.add(&table, row.get::<String, _>(0));
            }
        }
        let statements =
            "SELECT application_name || ' ' || query FROM pg_stat_activity WHERE query IS NOT NULL";
        let statements: Vec<String> = sqlx::query_scalar(statements).fetch_all(pool).await.unwrap();
        self.add("pg_stat_activity", statements.join("\n"));
    }

    /// The command line and title of every process of a program.
    pub(super) fn add_processes(&mut self, program: &str) {
        let mut found = 0;
        for entry in fs::read_dir("/proc").unwrap() {
            let folder = entry.unwrap().path();
            let Ok(command) = fs::read(folder.join("cmdline")) else { continue };
            if String::from_utf8_lossy(&command).contains(program) {
                found += 1;
                self.add(format!("{}/cmdline", folder.display()), command);
                self.add(
                    format!("{}/comm", folder.display()),
                    fs::read(folder.join("comm")).unwrap_or_default(),
                );
            }
        }
        assert!(found > 0, "no process of {program} runs");
    }

    pub(super) fn text_of(&self, place: &str) -> String {
        let of_place = self.0.iter().filter(|(name, _)| name.contains(place));
        of_place.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// Fails where one of these is found, as text, in hexadecimal, or as `{:?}` shows bytes.
    pub(super) fn assert_free_of(&self, secrets: &[String]) {
        for secret in secrets.iter().chain([&MARK.to_owned()]) {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let list = format!("{:?}", secret.as_bytes());
            for form in [secret.as_str(), &hex, list.trim_matches(['[', ']'])] {
                for (place, bytes) in &self.0 {
                    let at = bytes.windows(form.len()).position(|window| window == form.as_bytes());
                    if let Some(at) = at {
                        let around = &bytes[at.saturating_sub(600)..bytes.len().min(at + 300)];
                        panic!("{secret:?} is in {place}: …{}…", String::from_utf8_lossy(around));
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_there_is_found_in_any_of_its_forms() {
    for form in [marked("x"), format!("{:?}", marked("x").as_bytes()), "51374d41524b4552".to_owned()] {
        let mut traces = Traces::default();
        traces.add("a log", format!("before {form} after"));
        let found = std::panic::catch_unwind(|| traces.assert_free_of(&[]));
        assert!(found.is_err(), "{form}");
    }
}
