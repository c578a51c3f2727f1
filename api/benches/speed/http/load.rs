//! Requests by the clock: each is due when it is due, whether or not the ones before are answered, and its time counts from then.
//!
//! What is done to one copy comes in order, so a request may wait for the one before of its copy; that waiting counts. There are
//! as many copies in hand as requests can be under way.

use std::time::Duration;

use futures::future::join_all;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::hand::{Hand, Outcomes};

/// Requests that wait for one copy; what is due beyond them is missed.
const WAITING: usize = 16;

/// What a run came to.
pub(super) struct Run {
    pub(super) outcomes: Outcomes,
    /// Requests that could not be sent, because too many waited for their copy.
    pub(super) missed: usize,
}

/// Lets `rate` requests a second fall due for so long, one copy after another, and waits for the answers.
pub(super) async fn run(hands: &mut [Hand], rate: u32, time: Duration) -> Run {
    let (queues, working): (Vec<_>, Vec<_>) = hands
        .iter_mut()
        .map(|hand| {
            let (queue, mut due) = mpsc::channel::<Instant>(WAITING);
            let working = async move {
                let mut outcomes = Outcomes::default();
                while let Some(due) = due.recv().await {
                    hand.go_on(due, &mut outcomes).await;
                }
                outcomes
            };
            (queue, working)
        })
        .unzip();
    let (missed, outcomes) = tokio::join!(fall_due(queues, rate, time), join_all(working));
    let mut all = Outcomes::default();
    for one in outcomes {
        all.times.extend(one.times);
        for (what, (count, said)) in one.errors {
            let (sum, last) = all.errors.entry(what).or_default();
            (*sum, *last) = (*sum + count, said);
        }
    }
    Run { outcomes: all, missed }
}

async fn fall_due(queues: Vec<mpsc::Sender<Instant>>, rate: u32, time: Duration) -> usize {
    let start = Instant::now();
    let all = (time.as_secs_f64() * f64::from(rate)).round() as u32;
    let mut missed = 0;
    for (nth, queue) in (0..all).zip(queues.iter().cycle()) {
        let due = start + Duration::from_secs(1) * nth / rate;
        sleep_until(due).await;
        missed += usize::from(queue.try_send(due).is_err());
    }
    missed
}
