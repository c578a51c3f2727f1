//! `gradeledger serve` as an operator runs it: the program itself, over a running Postgres.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fixtures::database::TestDatabase;
use reqwest::Client;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_gradeledger");

/// The longest wait for it to be ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is asked.
const ASKED: Duration = Duration::from_millis(1);

/// A running service. Dropping it kills it.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From before the process was made to the first 200 of its readiness.
    pub(crate) ready_after: Duration,
}

impl Served {
    /// Starts it, with blobs, master key and log in `folder`, and waits until it is ready.
    pub(crate) async fn start(database: &TestDatabase, folder: &Path) -> Self {
        gradeledger::vault::MasterKey::read_or_make(&folder.join("master.key")).unwrap();
        // Free a moment ago; nobody else takes ports here.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = File::create(folder.join("serve.log")).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--log-format", "json", "--listen", &address.to_string()])
            .env_clear()
            .env("DATABASE_URL", database.url())
            .env("KEYS_URL", database.keys_url())
            .env("BLOBS_URL", format!("file://{}", folder.join("blobs").display()))
            .env("MASTER_KEY_FILE", folder.join("master.key"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let ready = format!("http://{address}/api/health/ready");
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        while !client.get(&ready).send().await.is_ok_and(|said| said.status().is_success()) {
            assert!(child.try_wait().unwrap().is_none(), "serve ended; its log is in {}", folder.display());
            assert!(began.elapsed() < PATIENCE, "serve is not ready");
            tokio::time::sleep(ASKED).await;
        }
        Self { child, address, ready_after: began.elapsed() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
