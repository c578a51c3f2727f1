//! Setting the roles up, and a start that they do not fit.

use super::hardened::Hardened;
use crate::whole::place::Place;
use crate::whole::process::{run, run_at, stderr, stdout, unfolded};

#[tokio::test]
async fn hardening_again_does_nothing_and_puts_back_what_was_changed_and_says_it() {
    let hardened = Hardened::new().await;
    let again = stdout(&hardened.harden().await);
    assert_eq!(again.matches("nothing to do").count(), 2, "{again}");
    assert!(!again.contains("GRANT "), "{again}");
    let reader = hardened.role("reader");
    hardened.owner(&format!("GRANT INSERT, DELETE ON events TO {reader}")).await;
    hardened.owner(&format!("GRANT UPDATE (payload) ON events TO {reader}")).await;
    hardened.owner("GRANT EXECUTE ON FUNCTION append_events TO PUBLIC").await;
    let doctor = run(hardened.command(&["doctor"])).await;
    let said = unfolded(&stdout(&doctor));
    assert!(!doctor.status.success(), "{said}");
    assert!(
        said.contains(&format!("REVOKE DELETE, INSERT, UPDATE (payload) ON TABLE events FROM {reader}")),
        "{said}"
    );
    let told = stdout(&hardened.harden().await);
    assert!(
        told.contains(&format!("REVOKE DELETE, INSERT, UPDATE (payload) ON TABLE events FROM {reader}")),
        "{told}"
    );
    assert!(told.contains("REVOKE EXECUTE ON FUNCTION append_events("), "{told}");
    let doctor = run(hardened.command(&["doctor"])).await;
    assert!(unfolded(&stdout(&doctor)).contains("ok database roles"), "{}", stdout(&doctor));
}

#[tokio::test]
async fn a_role_that_may_more_than_a_part_is_not_adopted_and_one_that_may_not_is() {
    let place = Place::new().await;
    let name = place.database.connect_options().get_database().unwrap().to_owned();
    let does = async |sql: String| sqlx::query(&sql).execute(place.pool()).await.map(drop).unwrap();
    does(format!("CREATE ROLE {name}_strong SUPERUSER")).await;
    does(format!("CREATE ROLE {name}_r LOGIN")).await;
    let (strong, plain) = (format!("{name}_strong"), format!("{name}_r"));
    let names = [format!("{name}_w"), format!("{name}_p"), format!("{name}_k")];
    let with = |reader: &str| {
        let [writer, projector, keys] = names.clone();
        let words = [
            "db",
            "harden",
            "--writer",
            &writer,
            "--projector",
            &projector,
            "--keys",
            &keys,
            "--reader",
            reader,
        ];
        words.map(str::to_owned).to_vec()
    };
    let refused = run_at(&place, &with(&strong).iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(stderr(&refused).contains("is a superuser"), "{}", stderr(&refused));
    // Nothing was done before it was refused.
    let made: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_roles WHERE rolname = $1")
        .bind(&names[0])
        .fetch_one(place.pool())
        .await
        .unwrap();
    assert_eq!(made, 0);
    let twice = run_at(&place, &with(&names[0]).iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(stderr(&twice).contains("named for two parts"), "{}", stderr(&twice));
    let adopted = run_at(&place, &with(&plain).iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(adopted.status.success(), "{}", stderr(&adopted));
    assert!(!stdout(&adopted).contains(&format!("CREATE ROLE {plain}")), "{}", stdout(&adopted));
}

#[tokio::test]
async fn a_service_whose_roles_do_not_fit_says_what_to_do_and_does_not_start() {
    let hardened = Hardened::new().await;
    let refusal = async |mut command: tokio::process::Command, told: &str| {
        command.args(["--listen", "127.0.0.1:0"]);
        let output = run(command).await;
        let said = unfolded(&stderr(&output));
        assert!(!output.status.success() && said.contains(told), "{told} is not in {said}");
    };
    let serve = || hardened.command(&["serve"]);
    let mut command = serve();
    command.env_remove("READER_URL");
    refusal(command, "READER_URL is not set").await;
    let mut command = serve();
    command.env("WRITER_URL", hardened.place.database.url());
    refusal(command, "which is a superuser or owns the ledger").await;
    let mut command = serve();
    command.env("READER_URL", hardened.place.database.url().replace("user=", "user=nobody_"));
    refusal(command, "no connection to Postgres").await;
    let mut command = serve();
    command.env("PROJECTOR_URL", hardened.place.database.keys_url());
    refusal(command, "PROJECTOR_URL another one").await;
    // As after an upgrade of the program alone.
    hardened.owner("DELETE FROM _sqlx_migrations WHERE version = 107").await;
    refusal(serve(), "run `gradeledger migrate`").await;
}

#[tokio::test]
async fn a_migration_gives_the_roles_what_they_need_on_its_tables() {
    let hardened = Hardened::new().await;
    // As if a later version had made it.
    hardened.owner("CREATE TABLE seats_v1 (seat integer PRIMARY KEY)").await;
    let migrated = run_at(&hardened.place, &["migrate"]).await;
    let told = stdout(&migrated);
    let granted =
        format!("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE seats_v1 TO {}", hardened.role("projector"));
    assert!(migrated.status.success() && told.contains(&granted), "{told}{}", stderr(&migrated));
    let again = stdout(&run_at(&hardened.place, &["migrate"]).await);
    assert!(!again.contains("GRANT"), "{again}");
}
