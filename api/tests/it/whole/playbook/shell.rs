//! The shell of an operator: one that stays open, so that what a block sets the next one has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::super::PATIENCE;

/// Stands before the commands of a block that failed, in the last line of its output.
const END: &str = "--- the block has ended; these commands failed:";
/// Stands between two of them.
const BETWEEN: char = '\x1f';

pub(super) struct Shell {
    _child: Child,
    group: Pid,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    folder: PathBuf,
    blocks: u32,
}

/// What a block printed, and the commands in it that failed.
pub(super) struct Ran {
    pub(super) output: String,
    pub(super) failed: Vec<String>,
}

impl Shell {
    /// A shell with an environment, which keeps its blocks in a folder.
    pub(super) async fn open(bash: Command, folder: &Path) -> Self {
        let mut bash = bash;
        bash.args(["--noprofile", "--norc"]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = bash.spawn().unwrap();
        let group = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        stdin.write_all(include_bytes!("shell.sh")).await.unwrap();
        Self { _child: child, group, stdin, lines, folder: folder.to_owned(), blocks: 0 }
    }

    /// Keeps a text in a file of its own.
    pub(super) fn kept(&mut self, text: &str) -> PathBuf {
        self.blocks += 1;
        let file = self.folder.join(format!("block-{}", self.blocks));
        fs::write(&file, text).unwrap();
        file
    }

    pub(super) async fn run(&mut self, text: &str) -> Ran {
        let file = self.kept(text);
        let line = format!("failed=; source {}; ended '{END}'\n", file.display());
        self.stdin.write_all(line.as_bytes()).await.unwrap();
        let mut output = String::new();
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("this does not end:\n{text}\n{output}")).unwrap();
            let line = line.unwrap_or_else(|| panic!("the shell ended:\n{text}\n{output}"));
            if let Some(failed) = line.strip_prefix(END) {
                let failed = failed.split(BETWEEN).filter(|it| !it.is_empty() && !it.starts_with("source "));
                return Ran { output, failed: failed.map(str::to_owned).collect() };
            }
            output.push_str(&line);
            output.push('\n');
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // What a block left running ends with the test.
        let _ = kill_process_group(self.group, Signal::KILL);
    }
}
