//! What `gradeledger rebuild` prints, for a person or for a program.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use projections::{Proof, RebuildNews, RebuildPhase};
use serde_json::json;

use crate::cli::stdout::print;

/// How often a program is told how far it is.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Prints news as it comes.
pub(super) struct Told {
    json: bool,
    /// None where stderr is no terminal.
    bar: Option<ProgressBar>,
    began: Instant,
    last_line: Option<(Instant, RebuildPhase)>,
    /// What stdout answered, once it took no more.
    broken: Option<io::Error>,
}

impl Told {
    pub(super) fn new(json: bool) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            let template = "{msg:12} {bar:40} {pos}/{len} events, {per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Self { json, bar, began: Instant::now(), last_line: None, broken: None }
    }

    pub(super) fn news(&mut self, news: &RebuildNews) {
        match news {
            RebuildNews::Progress { phase, events, target } => self.progress(*phase, *events, *target),
            RebuildNews::Waiting { view, tries } => self.waiting(view, *tries),
            RebuildNews::Swapped(proof) if self.json => self.say(&format!("{}\n", as_json(proof))),
            RebuildNews::Swapped(proof) => self.say(&in_words(proof)),
        }
    }

    fn progress(&mut self, phase: RebuildPhase, events: i64, target: i64) {
        let (folded, all) = (unsigned(events), unsigned(target));
        if let Some(bar) = &self.bar {
            bar.set_length(all);
            bar.set_position(folded);
            bar.set_message(in_a_word(phase));
            return;
        }
        let is_due = self.last_line.is_none_or(|(at, last)| last != phase || at.elapsed() >= LINE_EVERY);
        if is_due {
            self.last_line = Some((Instant::now(), phase));
            let seconds = self.began.elapsed().as_secs_f64();
            let rate = folded as f64 / seconds.max(0.001);
            let left = (rate > 0.0).then(|| (all.saturating_sub(folded) as f64 / rate).ceil());
            let line = json!({
                "phase": phase.as_str(), "events": folded, "of": all, "events_per_second": rate.round(),
                "seconds_left": left,
            });
            eprintln!("{line}");
        }
    }

    /// Readers hold the tables: said once, and then every so often.
    fn waiting(&self, view: &str, tries: u32) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{view} waits"));
        } else if tries == 1 || tries.is_multiple_of(20) {
            eprintln!("{}", json!({ "waiting_for_readers_of": view, "tries": tries }));
        }
    }

    pub(super) fn end(mut self, proofs: Option<&[Proof]>, took: Duration) -> io::Result<()> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if let (Some(proofs), false) = (proofs, self.json) {
            let (views, ms) = (proofs.len(), took.as_millis().max(1));
            let events = proofs.iter().map(|proof| unsigned(proof.events)).max().unwrap_or(0);
            let rate = u128::from(events) * 1_000 / ms;
            let views = if views == 1 { "1 view".to_owned() } else { format!("{views} views") };
            self.say(&format!("{views} rebuilt in {:.1} s: {rate} events/s\n", took.as_secs_f64()));
        }
        self.broken.map_or(Ok(()), Err)
    }

    fn say(&mut self, text: &str) {
        let write = || print(|out| out.write_all(text.as_bytes()));
        let said = self.bar.as_ref().map_or_else(write, |bar| bar.suspend(write));
        if let Err(error) = said {
            self.broken.get_or_insert(error);
        }
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn in_a_word(phase: RebuildPhase) -> &'static str {
    match phase {
        RebuildPhase::Folding => "folding",
        RebuildPhase::Indexing => "indexing",
        RebuildPhase::CatchingUp => "catching up",
    }
}

fn in_words(proof: &Proof) -> String {
    let Proof { view, version, events, position, held } = proof;
    format!(
        "{view}_v{version}: complete, {events} events folded, the last at position {position}; swapped in within {} ms\n",
        held.as_millis()
    )
}

fn as_json(proof: &Proof) -> serde_json::Value {
    let Proof { view, version, events, position, held } = proof;
    let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
    json!({ "view": view, "version": version, "events": events, "position": position, "swap_held_ms": held_ms })
}
