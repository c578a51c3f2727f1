//! Lists the SQL files of `sql/` and `keys/`, so that each is embedded at compile time and a new file
//! needs no other edit. A file name is `NNNN_description.sql`; anything else in the folders is an error.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Number, description, file.
type SqlFile = (u32, String, PathBuf);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut code = String::new();
    for (constant, folder) in [("LEDGER", "sql"), ("KEYS", "keys")] {
        // A watched folder covers files that come and go; a watched file covers its text.
        println!("cargo::rerun-if-changed={folder}");
        writeln!(code, "pub(crate) const {constant}: &[(i64, &str, &str)] = &[")?;
        for (version, description, path) in sql_files(&root.join(folder))? {
            println!("cargo::rerun-if-changed={}", path.display());
            writeln!(code, "    ({version}, {description:?}, include_str!({path:?})),")?;
        }
        writeln!(code, "];")?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}

fn sql_files(folder: &Path) -> Result<Vec<SqlFile>, Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with('.') {
            continue; // .gitkeep, and what editors leave
        }
        let parts = name.strip_suffix(".sql").and_then(|stem| stem.split_once('_'));
        let Some((number, description)) = parts.filter(|(n, d)| n.len() == 4 && !d.is_empty()) else {
            return Err(format!("{}: a migration is named NNNN_description.sql", path.display()).into());
        };
        let version: u32 =
            number.parse().map_err(|_| format!("{}: starts with no number", path.display()))?;
        files.push((version, description.replace('_', " "), path));
    }
    files.sort();
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(
            format!("{} and {}: one number, two files", pair[0].2.display(), pair[1].2.display()).into()
        );
    }
    Ok(files)
}
