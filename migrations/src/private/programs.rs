//! Postgres's programs: where they are, and which version.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PrivateError;
use super::account::Account;

/// The oldest major version that will do.
const OLDEST_MAJOR: u32 = crate::OLDEST_SERVER_MAJOR.unsigned_abs();

/// All of these together make a server; a client package brings some of them.
const NEEDED: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// Where packages put one version each: the folder of versions, the start of a version's name, and where its programs
/// lie from there.
const VERSIONED: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                   // Fedora and RHEL, from the PostgreSQL project's packages
    ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
];

/// A folder that holds a whole server of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    folder: PathBuf,
    major: u32,
}

/// The environment that the search depends on.
#[derive(Debug, Default)]
pub(super) struct Surroundings<'a> {
    /// `PG_BIN_DIR`: the one folder to take, where it is set.
    pub(super) pg_bin_dir: Option<&'a OsStr>,
    /// `PATH`.
    pub(super) path: Option<&'a OsStr>,
    /// Put before every absolute folder of [`VERSIONED`].
    pub(super) root: Option<&'a Path>,
}

impl Programs {
    /// The best programs of this machine; where a cluster exists, of its major version.
    pub(super) fn find(data: Option<(u32, &Path)>, account: &Account) -> Result<Self, PrivateError> {
        let (pg_bin_dir, path) = (std::env::var_os("PG_BIN_DIR"), std::env::var_os("PATH"));
        let surroundings =
            Surroundings { pg_bin_dir: pg_bin_dir.as_deref(), path: path.as_deref(), root: None };
        let programs = Self::find_in(&surroundings, data)?;
        account.check_reaches("-x", &programs.program("postgres"))?;
        Ok(programs)
    }

    pub(super) fn find_in(
        surroundings: &Surroundings<'_>,
        data: Option<(u32, &Path)>,
    ) -> Result<Self, PrivateError> {
        let (mut looked, mut unfit) = (Vec::new(), Vec::new());
        let fits = |it: &Self| data.map_or(it.major >= OLDEST_MAJOR, |(major, _)| it.major == major);
        for (place, folder) in surroundings.places() {
            match folder.map(Self::examine) {
                Some(Ok(programs)) if fits(&programs) => return Ok(programs),
                Some(Ok(programs)) => {
                    unfit.push(format!("{} ({})", programs.folder.display(), programs.major))
                }
                Some(Err(amiss)) => looked.push(format!("{place}: {amiss}")),
                None => looked.push(format!("{place}: nothing there")),
            }
        }
        match data {
            _ if unfit.is_empty() => Err(PrivateError::ProgramsNotFound { looked }),
            None => Err(PrivateError::TooOld { oldest: OLDEST_MAJOR, found: unfit }),
            Some((data, folder)) => {
                Err(PrivateError::OtherMajor { folder: folder.to_owned(), data, found: unfit })
            }
        }
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn examine(folder: PathBuf) -> Result<Self, String> {
        if let Some(missing) = NEEDED.iter().find(|name| !folder.join(name).is_file()) {
            return Err(format!("{} holds no {missing}", folder.display()));
        }
        let postgres = folder.join("postgres");
        let said = said(Command::new(&postgres).arg("--version"))
            .ok_or_else(|| format!("{} --version failed", postgres.display()))?;
        let major = major_version(&said).ok_or_else(|| format!("{} says `{said}`", postgres.display()))?;
        Ok(Self { folder, major })
    }
}

impl Surroundings<'_> {
    /// Every place in the order of preference: its name, and the folder to examine if it names one.
    fn places(&self) -> Vec<(String, Option<PathBuf>)> {
        if let Some(folder) = self.pg_bin_dir {
            // What somebody named is what they get: a wrong name must not quietly be another server.
            return vec![("PG_BIN_DIR".to_owned(), Some(PathBuf::from(folder)))];
        }
        let mut places = vec![("pg_config --bindir".to_owned(), self.pg_config())];
        let on_path = self.on_path("postgres").or_else(|| self.on_path("initdb"));
        places.push((
            "PATH".to_owned(),
            on_path.and_then(|it| Some(fs::canonicalize(it).ok()?.parent()?.into())),
        ));
        for (folder, prefix, programs) in VERSIONED {
            let folder = self.root.map_or(folder.into(), |root| root.join(folder.trim_start_matches('/')));
            let found = newest_first(&folder, prefix);
            let name = folder.join(format!("{prefix}*")).join(programs).display().to_string();
            if found.is_empty() {
                places.push((name, None));
            } else {
                places.extend(found.into_iter().map(|it| (name.clone(), Some(it.join(programs)))));
            }
        }
        places
    }

    fn pg_config(&self) -> Option<PathBuf> {
        Some(PathBuf::from(said(Command::new(self.on_path("pg_config")?).arg("--bindir"))?))
    }

    fn on_path(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(self.path?).map(|folder| folder.join(program)).find(|it| it.is_file())
    }
}

fn newest_first(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The first line that a program prints, if it succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.lines().next()?.trim().to_owned())
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15, `… 19beta1` is 19, `… 9.6.24` is 9.
fn major_version(said: &str) -> Option<u32> {
    let version = said.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.split(|it: char| !it.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests;
