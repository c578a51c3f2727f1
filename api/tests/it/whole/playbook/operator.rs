//! Someone who follows the playbook to the letter.

use std::env;
use std::path::Path;

use super::super::desk::Desk;
use super::super::place::{PROGRAM, Place};
use super::super::process::{environment, program};
use super::super::prometheus::Prometheus;
use super::SCENARIOS;
use super::document::{Block, Document, Language, Section, anchor};
use super::shell::Shell;

/// What a program says that was asked for something wrong; in a pipeline or a substitution the status does not tell.
const MISTAKES: [&str; 5] =
    ["jq: error", "curl: (", "ERROR:", "unrecognized subcommand", "command not found"];

/// Commands whose exit status says that something is wrong with the ledger, and not with them.
const TELLING: [&str; 4] =
    ["gradeledger status", "gradeledger doctor", "gradeledger drift", "gradeledger verify"];

pub(super) struct Operator {
    document: Document,
    shell: Shell,
    prometheus: Option<Prometheus>,
    /// What the last symptoms and diagnosis showed.
    pub(super) shown: String,
}

impl Operator {
    /// Someone at a place who has its environment, an admin's token, the service at a desk and its logs.
    pub(super) async fn at(place: &Place, desk: &Desk, logs: &Path) -> Self {
        let mut bash = program("bash");
        let programs = Path::new(PROGRAM).parent().unwrap();
        let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap());
        bash.env("PATH", path).envs(environment(place)).env("GRADELEDGER_TOKEN", &desk.admin.token);
        bash.env("API", format!("http://{}/api", desk.address)).env("LOGS", logs);
        let document = Document::read();
        let shell = Shell::open(bash, place.folder.path()).await;
        let prometheus = Prometheus::scraping(desk.address).await;
        let mut operator = Self { document, shell, prometheus, shown: String::new() };
        for block in operator.document.section(&["Before you begin"]).blocks.clone() {
            operator.run(&block).await;
        }
        operator
    }

    /// A variable of the shell, as an operator would type it from what was reported.
    pub(super) async fn knows(&mut self, name: &str, value: &str) {
        self.shell.run(&format!("export {name}='{value}'")).await;
    }

    /// Follows a scenario from its symptoms to the action that its table of root causes names, which must be this one.
    /// Gives what the action printed.
    pub(super) async fn follows(&mut self, scenario: &str, action: &str) -> String {
        let mut shown = String::new();
        for heading in ["Symptoms", "Diagnosis"] {
            let section = self.document.section(&[scenario, heading]).clone();
            shown.push_str(&self.runs(&section).await);
        }
        let causes = &self.document.section(&[scenario, "Root causes"]).causes;
        let named = causes.iter().find(|cause| shown.contains(&cause.seen));
        let named = named.unwrap_or_else(|| panic!("no root cause of {scenario} is seen in\n{shown}"));
        assert_eq!(named.action, anchor(action), "{:?} is seen in\n{shown}", named.seen);
        self.shown = shown;
        let section = self.document.section(&[scenario, "Actions", action]).clone();
        self.runs(&section).await
    }

    /// Runs every block that stands in no scenario.
    pub(super) async fn runs_appendices(&mut self) {
        let is_scenario =
            |section: &Section| section.path.first().is_some_and(|it| SCENARIOS.contains(&it.as_str()));
        let appendices: Vec<Section> =
            self.document.sections.iter().filter(|section| !is_scenario(section)).cloned().collect();
        for section in appendices {
            self.runs(&section).await;
        }
    }

    async fn runs(&mut self, section: &Section) -> String {
        let mut shown = String::new();
        for block in &section.blocks {
            shown.push_str(&self.run(block).await);
        }
        shown
    }

    /// Runs a block, which must succeed, and gives what it printed.
    pub(super) async fn run(&mut self, block: &Block) -> String {
        let Block { language, text, line } = block;
        let text = match language {
            Language::Sh => text.clone(),
            Language::Sql => {
                let file = self.shell.kept(text);
                format!(
                    "psql -X -v ON_ERROR_STOP=1 -v copy=\"$COPY\" -v request=\"$REQUEST\" -v pid=\"$PID\" \"$DATABASE_URL\" -f {}",
                    file.display()
                )
            }
            Language::PromQl => return self.asks(text, *line).await,
        };
        let ran = self.shell.run(&text).await;
        let failed: Vec<_> =
            ran.failed.iter().filter(|failed| !TELLING.iter().any(|it| failed.starts_with(it))).collect();
        assert!(failed.is_empty(), "docs/playbook.md:{line}: {failed:?} failed:\n{}", ran.output);
        println!("docs/playbook.md:{line}\n{}", ran.output);
        let mistake = MISTAKES.iter().find(|it| ran.output.contains(**it));
        assert_eq!(mistake, None, "docs/playbook.md:{line}\n{}", ran.output);
        ran.output
    }

    /// Asks Prometheus until it has an answer.
    async fn asks(&mut self, query: &str, line: usize) -> String {
        let Some(prometheus) = &self.prometheus else { return String::new() };
        let samples = prometheus.answered(query).await;
        let shown: String = samples.iter().map(|it| format!("{:?} {}\n", it.labels, it.value)).collect();
        println!("docs/playbook.md:{line}\n{shown}");
        shown
    }
}
