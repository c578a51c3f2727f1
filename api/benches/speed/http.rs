//! An hour of marking over real HTTP: what graders wait for at fixed rates, and the rate at which they begin to wait.
//!
//! The service runs in a process of its own with its workers, over a Postgres that flushes every commit; server, Postgres and the
//! generator share this machine. Requests come by the clock, whether or not the ones before are answered. Sixty graders have seven
//! copies each in hand, so that the order of what is done to one copy seldom makes a request wait; where it does, that counts.
//! Beside each rate stands the same server at the same rate on the route that does nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep_until};

use crate::report::{Figure, Report, Target};
use crate::spread::Spread;
use connection::Connection;
use cores::{Cores, Taken};
use hand::{Hand, Verb};
use load::Run;
use world::World;

mod connection;
mod cores;
mod hand;
mod load;
mod world;

/// Copies that each grader has in hand. Their connections, and those that ask for nothing, are fewer than one address may hold.
const HANDS_EACH: usize = 7;
/// Requests a second, and for how many seconds.
const RATES: [(u32, u64); 3] = [(100, 20), (500, 10), (2_000, 10)];
/// The rate whose p99 has a target, and that target.
const TARGET: (u32, Duration) = (2_000, Duration::from_millis(50));
/// What p99 passes at the rate that is searched for.
const TOO_LONG: Duration = Duration::from_millis(100);
/// How long each rate is tried for in that search, and how many are. The search begins at the last of the fixed rates.
const STEP: Duration = Duration::from_secs(6);
const STEPS: usize = 5;
/// The factor by which it goes until one rate has held and another has not; then it halves what is between them.
const FACTOR: f64 = 1.25;
/// How long the route that does nothing is asked.
const FLOOR: Duration = Duration::from_secs(3);
/// What comes first at each rate, and does not count.
const WARM_UP: Duration = Duration::from_secs(3);

pub(crate) fn run(report: &mut Report) {
    // One thread, so that the generator takes no more of the cores than it must.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(report));
}

async fn measure(report: &mut Report) {
    let began = Instant::now();
    let world = World::open().await;
    let mut hands = take_in_hand(&world).await;
    println!("set up in {:.1} s", began.elapsed().as_secs_f64());
    let mut notes = Vec::new();
    let mut bracket = Bracket::default();
    for (rate, seconds) in RATES {
        let floor = floor(&world, rate).await;
        let (run, cores) = timed(&world, &mut hands, rate, Duration::from_secs(seconds)).await;
        let (note, all) = tell(rate, &run, &cores);
        notes.push(note);
        bracket.learn(f64::from(rate), holds(&run, &all));
        assert!(run.outcomes.errors.is_empty(), "{:?}", run.outcomes.errors);
        report.figure(Figure {
            case: format!("p99 at {rate} requests/s"),
            unit: "ms",
            ours: all.p99,
            beside: Some(("health, p99", floor.p99)),
            target: (rate == TARGET.0).then(|| Target::AtMost(TARGET.1.as_secs_f64() * 1e3)),
        });
    }
    let tried = search(&world, &mut hands, &mut bracket).await;
    report.figure(Figure {
        case: format!("p99 is at most {} ms up to", TOO_LONG.as_millis()),
        unit: "requests/s",
        ours: bracket.held,
        beside: bracket.did_not.is_finite().then_some(("did not hold", bracket.did_not)),
        target: None,
    });
    let script = hand::script();
    let mix: BTreeMap<&str, usize> = Verb::ALL
        .map(|verb| (verb.name(), script.iter().filter(|one| **one == verb).count()))
        .into_iter()
        .collect();
    report.note(json!({ "requests of one copy": mix, "rates": notes, "searched": tried }));
}

/// Every grader with copies in hand, spread over all that is done to a copy.
async fn take_in_hand(world: &World) -> Vec<Hand> {
    let hands = (0..world::GRADERS * HANDS_EACH).map(async |nth| {
        let connection = Connection::open(world.address, &world.graders[nth % world::GRADERS]).await;
        // Neighbours, which are due one after another, do different things.
        Hand::open(connection, world.to_mark.clone(), nth).await
    });
    stream::iter(hands).buffered(world::GRADERS).collect().await
}

/// Asks at this rate, and what the processes took for it, once all that came before is folded and the rate has warmed up.
async fn timed(world: &World, hands: &mut [Hand], rate: u32, time: Duration) -> (Run, Cores) {
    world.settle().await;
    load::run(hands, rate, WARM_UP).await;
    let taken = || Taken::now(world.server.pid(), world.cluster.postgres().postmaster_pid());
    let (before, began) = (taken(), Instant::now());
    let run = load::run(hands, rate, time).await;
    let cores = taken().since(&before, began.elapsed());
    (run, cores)
}

/// The same rate on the route that does nothing.
async fn floor(world: &World, rate: u32) -> Spread {
    let all = world::GRADERS;
    let asking = (0..all).map(async |nth| {
        let mut connection = Connection::open(world.address, &world.graders[nth]).await;
        let start = Instant::now();
        let mut times = Vec::new();
        loop {
            let due = start + Duration::from_secs_f64((times.len() * all + nth) as f64 / f64::from(rate));
            if due > start + FLOOR {
                return times;
            }
            sleep_until(due).await;
            let answered = connection.ask(Method::GET, "/api/health/live", &[], &Value::Null).await;
            assert!(answered.status.is_success(), "{}", answered.text());
            times.push(due.elapsed());
        }
    });
    Spread::of(join_all(asking).await.into_iter().flatten().collect())
}

/// Between which rates p99 becomes too long.
struct Bracket {
    /// The highest rate that held; 0 where none did.
    held: f64,
    /// The lowest that did not; infinite where all did.
    did_not: f64,
}

impl Default for Bracket {
    fn default() -> Self {
        Self { held: 0.0, did_not: f64::INFINITY }
    }
}

impl Bracket {
    fn learn(&mut self, rate: f64, holds: bool) {
        if holds {
            self.held = self.held.max(rate);
        } else {
            self.did_not = self.did_not.min(rate);
        }
    }

    /// What to try next.
    fn next(&self) -> f64 {
        match (self.held, self.did_not) {
            (held, f64::INFINITY) => held * FACTOR,
            (0.0, did_not) => did_not / FACTOR,
            (held, did_not) => (held + did_not) / 2.0,
        }
    }
}

/// Whether nothing was missed and p99 is not too long.
fn holds(run: &Run, all: &Spread) -> bool {
    run.missed == 0 && all.p99 <= TOO_LONG.as_secs_f64() * 1e3
}

/// Makes what is between the rates narrower, and tells of each that was tried.
async fn search(world: &World, hands: &mut [Hand], bracket: &mut Bracket) -> Vec<Value> {
    let mut tried = Vec::new();
    for _ in 0..STEPS {
        let rate = bracket.next().round();
        let (run, cores) = timed(world, hands, rate as u32, STEP).await;
        let (note, all) = tell(rate as u32, &run, &cores);
        tried.push(note);
        bracket.learn(rate, holds(&run, &all));
    }
    tried
}

fn tell(rate: u32, run: &Run, cores: &Cores) -> (Value, Spread) {
    let times = &run.outcomes.times;
    let (each, cores) = (cores.each_of(times.len()), cores.on_average());
    println!("{rate} requests/s: {} answered, {} missed", times.len(), run.missed);
    println!("cores {cores}, milliseconds of a core a request {each}");
    println!("{:<22}{:>9}{}", "milliseconds", "count", Spread::HEADING);
    let mut verbs = serde_json::Map::new();
    for verb in Verb::ALL {
        let of_verb: Vec<Duration> =
            times.iter().filter(|(is, _)| *is == verb).map(|(_, time)| *time).collect();
        if of_verb.is_empty() {
            continue;
        }
        let spread = Spread::of(of_verb);
        println!("{:<22}{:>9}{spread}", verb.name(), spread.count);
        verbs.insert(verb.name().to_owned(), as_json(&spread));
    }
    let all = Spread::of(times.iter().map(|(_, time)| *time).collect());
    println!("{:<22}{:>9}{all}", "all", all.count);
    let errors: Vec<Value> = run
        .outcomes
        .errors
        .iter()
        .map(|((verb, status), (count, said))| {
            println!("{} answered {status} {count} times, such as {said}", verb.name());
            json!({ "verb": verb.name(), "status": status, "count": count })
        })
        .collect();
    let note = json!({
        "requests a second": rate, "missed": run.missed, "errors": errors, "cores": cores,
        "milliseconds of a core a request": each, "all": as_json(&all), "verbs": verbs,
    });
    (note, all)
}

fn as_json(spread: &Spread) -> Value {
    json!({ "count": spread.count, "p50": spread.p50, "p95": spread.p95, "p99": spread.p99, "max": spread.max })
}
