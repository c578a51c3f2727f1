//! A real Prometheus (Debian's package of that name) that scrapes a running `serve`, for as long as a test needs it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, seen};

/// The name of the job that scrapes.
pub(crate) const JOB: &str = "gradeledger";

/// How often it scrapes, and how long a scrape may take: a source of figures has half a second.
const SCRAPE_INTERVAL: Duration = Duration::from_millis(600);

/// Ports that are tried: a free one can be taken by another before Prometheus listens.
const PORTS: usize = 10;

/// A running Prometheus. Dropping it kills it.
pub(crate) struct Prometheus {
    child: Child,
    address: SocketAddr,
    client: Client,
    folder: TempDir,
}

/// One series, or the one value of a scalar, which has no labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) labels: BTreeMap<String, String>,
    /// The last of them, where the query asks for a range.
    pub(crate) value: f64,
}

impl Sample {
    /// The value of a label; empty without it, as in PromQL.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

impl Prometheus {
    /// Starts one that scrapes `/metrics` of this address, and waits until it has done so twice: rates can be asked for. None,
    /// and a line that says so, where it is not installed.
    pub(crate) async fn scraping(target: SocketAddr) -> Option<Self> {
        Self::with_rules(target, &[]).await
    }

    /// The same with files of rules.
    pub(crate) async fn with_rules(target: SocketAddr, rules: &[&Path]) -> Option<Self> {
        if !installed("prometheus") {
            return None;
        }
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("prometheus.yml"), configuration(target, rules)).unwrap();
        for _ in 0..PORTS {
            if let Some((child, address)) = start(folder.path()).await {
                let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
                let prometheus = Self { child, address, client, folder };
                let scraped = format!("count_over_time(up{{job=\"{JOB}\"}}[1h]) >= 2");
                prometheus.answered(&format!("up{{job=\"{JOB}\"}} == 1 and {scraped}")).await;
                return Some(prometheus);
            }
        }
        panic!("no port of {PORTS} was free for Prometheus");
    }

    /// What an expression comes to now.
    pub(crate) async fn query(&self, promql: &str) -> Vec<Sample> {
        self.try_query(promql).await.unwrap_or_else(|error| panic!("{promql}\n{error}\n{}", self.log()))
    }

    /// The same, or what Prometheus has against it.
    pub(crate) async fn try_query(&self, promql: &str) -> Result<Vec<Sample>, String> {
        let answer = self.ask("/api/v1/query", &[("query", promql)]).await;
        match answer["status"].as_str() {
            Some("success") => Ok(samples(&answer["data"])),
            _ => Err(answer["error"].as_str().unwrap_or_default().to_owned()),
        }
    }

    /// What an expression comes to, as soon as that is anything at all.
    pub(crate) async fn answered(&self, promql: &str) -> Vec<Sample> {
        seen(promql, async || Some(self.query(promql).await).filter(|samples| !samples.is_empty())).await
    }

    /// An answer of its HTTP API.
    pub(crate) async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let url = reqwest::Url::parse_with_params(&format!("http://{}{path}", self.address), query).unwrap();
        let answer =
            seen("Prometheus answers", async || self.client.get(url.clone()).send().await.ok()).await;
        answer.json().await.unwrap()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(log(self.folder.path())).unwrap()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Nothing of it is kept, so it need not end well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a program of the package is there; says that the test is skipped where not.
pub(crate) fn installed(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let installed = version.is_ok();
    if !installed {
        println!("skipped: {program} is not installed");
    }
    installed
}

/// JSON is YAML.
fn configuration(target: SocketAddr, rules: &[&Path]) -> String {
    let interval = format!("{}ms", SCRAPE_INTERVAL.as_millis());
    let configuration = json!({
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": rules,
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [target.to_string()]}]}],
    });
    configuration.to_string()
}

fn log(folder: &Path) -> PathBuf {
    folder.join("prometheus.log")
}

/// Starts it on a free port and waits until it listens. None where the port was taken meanwhile.
async fn start(folder: &Path) -> Option<(Child, SocketAddr)> {
    // It cannot be told to take any free port, so one is looked for and let go of.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = File::create(log(folder)).unwrap();
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
    command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
    command.arg(format!("--web.listen-address={address}"));
    command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
    let mut child = command.spawn().unwrap();
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let listens = seen("Prometheus is ready", async || {
        if child.try_wait().unwrap().is_some() {
            let said = fs::read_to_string(log(folder)).unwrap();
            assert!(said.contains("address already in use"), "Prometheus ended: {said}");
            return Some(false);
        }
        let ready = client.get(format!("http://{address}/-/ready")).send().await;
        ready.is_ok_and(|ready| ready.status().is_success()).then_some(true)
    })
    .await;
    listens.then_some((child, address))
}

/// The samples of an answer of `/api/v1/query`, whatever the type of its result.
fn samples(data: &Value) -> Vec<Sample> {
    let value = |pair: &Value| pair[1].as_str().unwrap().parse().unwrap();
    match data["resultType"].as_str().unwrap() {
        "scalar" => vec![Sample { labels: BTreeMap::new(), value: value(&data["result"]) }],
        "vector" => {
            data["result"].as_array().unwrap().iter().map(|one| sample(one, value(&one["value"]))).collect()
        }
        "matrix" => {
            let last = |one: &Value| value(one["values"].as_array().unwrap().last().unwrap());
            data["result"].as_array().unwrap().iter().map(|one| sample(one, last(one))).collect()
        }
        other => panic!("a result of the type {other}"),
    }
}

fn sample(one: &Value, value: f64) -> Sample {
    let labels = one["metric"].as_object().unwrap().iter();
    let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    Sample { labels, value }
}
