//! The session of the demo.

use std::fs;

use fixtures::database::ClusterFolder;
use fixtures::exam;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use super::super::place::PROGRAM;
use super::super::process::program;
use super::super::{PATIENCE, seen};
use super::traces::Traces;

#[tokio::test]
async fn the_demo_leaves_nothing_personal_in_its_log_at_trace_its_figures_and_its_ledger() {
    let folder = ClusterFolder::own().await;
    let data = folder.path().join("demo");
    let told = folder.path().join("told");
    let mut command = program(PROGRAM);
    command.args(["demo", "--listen", "127.0.0.1:0", "--log", "trace", "--data-folder"]).arg(&data);
    let mut demo = command.stdout(fs::File::create(&told).unwrap()).spawn().unwrap();
    let report = seen("the session is played", async || {
        let said = fs::read_to_string(&told).unwrap();
        assert!(demo.try_wait().unwrap().is_none(), "the demo ended: {said}");
        said.contains("Serving until Ctrl-C").then_some(said)
    })
    .await;

    // What it shows its reader, at the terminal, is what nobody else may see.
    let mut secrets: Vec<String> = report
        .split(|it: char| !it.is_ascii_alphanumeric() && it != '_' && it != '-')
        .filter(|word| word.starts_with("glt_"))
        .map(str::to_owned)
        .collect();
    assert!(secrets.len() >= 3, "{report}");
    for text in [exam::FRENCH, exam::GREEK, exam::ARABIC, exam::REMARK, exam::APPRECIATION] {
        // Long enough to be nothing else, short enough to be found where a text is cut.
        secrets.push(text.chars().take(16).collect());
    }
    for file in report.split_whitespace().filter(|word| word.ends_with(".pdf,")) {
        secrets.push(file.trim_end_matches(',').to_owned());
    }
    assert!(secrets.iter().any(|secret| secret.ends_with(".pdf")), "{report}");
    secrets.extend(["demo first grader", "demo office"].map(str::to_owned));

    let address = report.split_whitespace().find_map(|word| word.strip_prefix("http://127.0.0.1:")).unwrap();
    let port: String = address.chars().take_while(char::is_ascii_digit).collect();
    let mut traces = Traces::default();
    let figures = reqwest::get(format!("http://127.0.0.1:{port}/metrics")).await.unwrap();
    traces.add("/metrics", figures.bytes().await.unwrap());
    let socket = data.join("postgres/socket");
    let options = PgConnectOptions::new().socket(socket).username("gradeledger").database("gradeledger");
    let pool = PgPool::connect_with(options).await.unwrap();
    traces.add_database(&pool).await;
    pool.close().await;
    traces.add_processes(data.to_str().unwrap());
    kill_process(Pid::from_raw(i32::try_from(demo.id().unwrap()).unwrap()).unwrap(), Signal::INT).unwrap();
    tokio::time::timeout(PATIENCE, demo.wait()).await.expect("it ends").unwrap();
    traces.add_folder(&data.join("log"));
    assert!(traces.text_of("ledger.log").contains("\"level\":\"DEBUG\""));
    traces.assert_free_of(&secrets);
}
