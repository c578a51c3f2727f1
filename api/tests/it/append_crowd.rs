//! Appending, many commands at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::copy::{CopyAction, ExamCopy};
use domain::{CopyId, LockId};
use futures::future::join_all;
use gradeledger::ledger::{ExecuteError, Ledger, LedgerLimits};
use uuid::Uuid;

use crate::office::{Office, a_scan, act, score, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_commands_on_one_copy_each_is_applied_once() {
    let office = Arc::new(Office::open().await);
    let (copy, shown) = office.locked().await;
    let asked = (1..=200).map(|hundredths| {
        let office = Arc::clone(&office);
        tokio::spawn(async move { office.ask(copy, score(shown, hundredths)).await.unwrap() })
    });
    let mut positions: Vec<i64> =
        join_all(asked).await.into_iter().map(|done| done.unwrap().last_position).collect();
    positions.sort_unstable();
    assert_eq!(positions, (5..=204).collect::<Vec<_>>());
    office.assert_positions_are_dense().await;
    assert_eq!(office.ledger.load::<ExamCopy>(copy.0).await.unwrap().sequence, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_grabs_for_one_copy_through_two_processes_one_gets_the_lock() {
    let office = Office::open().await;
    let other = Ledger::open(office.pool().clone(), LedgerLimits::default()).await.unwrap();
    let copy = office.ready().await;
    let asked = (0..200).map(|nth| {
        let ledger = if nth % 2 == 0 { office.ledger.clone() } else { other.clone() };
        let lock = CopyAction::AcquireLock { lock: LockId(Uuid::now_v7()), ttl_seconds: 600 };
        tokio::spawn(
            async move { act(&ledger, crate::office::someone(), copy, lock, None, Vec::new()).await },
        )
    });
    let answers: Vec<_> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .all(|error| matches!(error, ExecuteError::Refused { .. }))
    );
    assert_eq!(office.count("events").await, 4);
    office.assert_positions_are_dense().await;
}

/// 200 imports, 50 of them asked for twice under one key and 50 under two: behind a held head they go in one batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_commands_in_one_batch_exactly_those_that_hold_are_applied() {
    let limits = LedgerLimits { lock_timeout: crate::office::PATIENCE, ..LedgerLimits::default() };
    let office = Arc::new(Office::with(limits).await);
    let other = Ledger::open(office.pool().clone(), limits).await.unwrap();
    let mut held = office.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM ledger_head FOR UPDATE").execute(&mut *held).await.unwrap();
    let mut asked = Vec::new();
    for nth in 0..100 {
        let (copy, action) = a_scan();
        for again in [false, true] {
            let ledger = if again { other.clone() } else { office.ledger.clone() };
            let key = if nth < 50 { office.key(&format!("import {nth}"), "pdf") } else { None };
            let (actor, action) = (office.actor, action.clone());
            asked.push((
                copy,
                tokio::spawn(async move { act(&ledger, actor, copy, action, key, Vec::new()).await }),
            ));
        }
    }
    until("all are queued", || async {
        office.ledger.queued_commands() == 100 && other.queued_commands() == 100
    })
    .await;
    held.commit().await.unwrap();
    let mut outcomes: BTreeMap<CopyId, Vec<&'static str>> = BTreeMap::new();
    for (copy, task) in asked {
        let outcome = match task.await.unwrap() {
            Ok(done) if done.repeated => "repeated",
            Ok(_) => "applied",
            Err(ExecuteError::Refused { .. }) => "refused",
            Err(other) => panic!("{other:?}"),
        };
        outcomes.entry(copy).or_default().push(outcome);
    }
    let mut kinds: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for mut pair in outcomes.into_values() {
        pair.sort_unstable();
        *kinds.entry(pair).or_default() += 1;
    }
    assert_eq!(kinds, BTreeMap::from([(vec!["applied", "repeated"], 50), (vec!["applied", "refused"], 50)]));
    assert_eq!(office.count("events").await, 100);
    office.assert_positions_are_dense().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_that_go_away_stop_no_batch() {
    let limits = LedgerLimits { lock_timeout: crate::office::PATIENCE, ..LedgerLimits::default() };
    let office = Arc::new(Office::with(limits).await);
    let mut held = office.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM ledger_head FOR UPDATE").execute(&mut *held).await.unwrap();
    let (mut gone, mut waiting) = (Vec::new(), Vec::new());
    for nth in 0..60 {
        let (copy, action) = a_scan();
        let office = Arc::clone(&office);
        let task = tokio::spawn(async move { office.ask(copy, action).await });
        if nth % 2 == 0 { gone.push(task) } else { waiting.push(task) }
    }
    until("all are queued", || async { office.ledger.queued_commands() == 60 }).await;
    gone.iter().for_each(tokio::task::JoinHandle::abort);
    held.commit().await.unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    until("what was queued is appended", || async { office.count("events").await == 60 }).await;
    office.assert_positions_are_dense().await;
    assert_eq!(office.ledger.commands_in_flight(), 0);
}
