//! A standby on the same machine, which every commit waits for.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use migrations::PrivatePostgres;
use sqlx::{PgPool, Row as _};
use tempfile::TempDir;

use crate::machine::postgres_program;

/// The longest that it may take to follow.
const PATIENCE: Duration = Duration::from_secs(30);
/// Not the port of the other, whose sockets lie elsewhere.
const PORT: &str = "5433";

pub(super) struct Standby {
    server: Child,
    folder: TempDir,
}

impl Standby {
    /// Copies a running server, follows it, and has its commits wait until they are flushed here, too.
    pub(super) async fn of(primary: &PrivatePostgres) -> Self {
        let pool = PgPool::connect_with(primary.connect_options("postgres")).await.unwrap();
        let of_primary = sqlx::query(
            "SELECT current_setting('data_directory'), current_setting('unix_socket_directories'), \
             current_setting('port'), current_user::text",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        let [data, sockets, port, user] = [0, 1, 2, 3].map(|nth| of_primary.get::<String, _>(nth));
        // Quoted, as the setting takes a list.
        let sockets = sockets.trim_matches('"');
        let folder = tempfile::Builder::new().prefix("gradeledger-standby-").tempdir_in("/var/tmp").unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let account = Account::of(Path::new(&data));
        let own = folder.path().join("own");
        std::fs::create_dir(&own).unwrap();
        std::os::unix::fs::chown(&own, Some(account.user), Some(account.group)).unwrap();
        let copy = own.join("data");
        let copied = account
            .command("pg_basebackup")
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--wal-method=stream"])
            .args(["--host", sockets, "--port", &port, "--username", &user, "--pgdata"])
            .arg(&copy)
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        let server = account
            .command("postgres")
            .arg("-D")
            .arg(&copy)
            // Nobody reads it, so it need not have room for as many sessions as the other.
            .args(["-p", PORT, "-c", "listen_addresses=", "-c", "hot_standby=off", "-c"])
            .arg(format!("unix_socket_directories={}", own.display()))
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let standby = Self { server, folder };
        standby.wait_for(&pool, "streaming").await;
        for set in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            sqlx::query(set).execute(&pool).await.unwrap();
        }
        standby.wait_for(&pool, "sync").await;
        standby
    }

    /// Commits wait for nobody any longer.
    pub(super) async fn stop(mut self, pool: &PgPool) {
        for set in ["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"] {
            sqlx::query(set).execute(pool).await.unwrap();
        }
        let server = rustix::process::Pid::from_child(&self.server);
        rustix::process::kill_process(server, rustix::process::Signal::INT).unwrap();
        self.server.wait().unwrap();
    }

    /// Until the standby is in that state, or synchronous.
    async fn wait_for(&self, pool: &PgPool, state: &str) {
        let began = Instant::now();
        let standing = "SELECT count(*) FROM pg_stat_replication WHERE state = $1 OR sync_state = $1";
        while sqlx::query_scalar::<_, i64>(standing).bind(state).fetch_one(pool).await.unwrap() == 0 {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
            assert!(began.elapsed() < PATIENCE, "the standby does not follow: {log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Whose the server's files are: it does not run as root.
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    fn of(folder: &Path) -> Self {
        let metadata = std::fs::metadata(folder).unwrap();
        Self { user: metadata.uid(), group: metadata.gid() }
    }

    fn command(&self, program: &str) -> Command {
        let program: PathBuf = postgres_program(program);
        let mut command = Command::new(program);
        command.uid(self.user).gid(self.group).current_dir("/").stdout(Stdio::null());
        command
    }
}
