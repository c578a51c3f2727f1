//! Limits by name, for the operator who shows or sets one.

use std::time::Duration;

use super::Limits;

/// A limit that was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimit {
    /// No name and value.
    #[error("a limit is set as NAME=VALUE, such as http.body=90s, not {0:?}")]
    Form(String),
    /// No such limit.
    #[error("there is no limit {0:?}; `gradeledger limits` lists them")]
    Unknown(String),
    /// No such value.
    #[error("{name} takes {takes}, not {value:?}")]
    Value {
        /// Which limit.
        name: String,
        /// What it takes.
        takes: &'static str,
        /// What was given.
        value: String,
    },
}

/// A limit's value as text.
trait Setting {
    const TAKES: &'static str;
    fn shown(&self) -> String;
    /// Whether the text was one.
    fn set(&mut self, text: &str) -> bool;
}

impl Setting for Duration {
    const TAKES: &'static str = "a time above 0, such as 500ms, 10s or 24h";

    fn shown(&self) -> String {
        let millis = self.as_millis();
        match millis {
            _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
            _ if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
            _ => format!("{millis}ms"),
        }
    }

    fn set(&mut self, text: &str) -> bool {
        const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
        let parsed = UNITS.iter().find_map(|(unit, millis)| {
            let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(*millis).filter(|millis| *millis > 0)
        });
        parsed.map(|millis| *self = Self::from_millis(millis)).is_some()
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {$(
        impl Setting for $number {
            const TAKES: &'static str = "a whole number above 0";

            fn shown(&self) -> String {
                self.to_string()
            }

            fn set(&mut self, text: &str) -> bool {
                let parsed = text.parse().ok().filter(|number| *number > 0);
                parsed.map(|number| *self = number).is_some()
            }
        }
    )+};
}

whole_numbers!(u16, u32, u64, usize);

/// Hands every limit, with its name, to `visit`.
macro_rules! each {
    ($limits:expr, $visit:ident: $($section:ident { $($field:ident),+ $(,)? })+) => {
        $($($visit!(concat!(stringify!($section), ".", stringify!($field)), $limits.$section.$field);)+)+
    };
}

macro_rules! all {
    ($limits:expr, $visit:ident) => {
        each!($limits, $visit:
            http {
                connections, connections_per_address, caller_requests, caller_burst, newcomer_requests, newcomer_burst, stranger_requests, stranger_burst,
                failed_sign_ins, failed_sign_ins_within, known_caller, paced, header, header_bytes, body, answer, json_bytes,
                pdf_bytes, form_overhead_bytes, uploads, uploads_per_caller, upload_wait, streams_per_caller, drain_bytes, drain, prefer_wait, read_your_writes, token_cache, token_cache_entries,
                token_lookup, scrape, ready, shutdown, stalled_client,
            }
            database {
                statement, idle_in_transaction, acquire, ledger_connections, projector_connections, reader_connections,
                keys_connections,
            }
            append {
                batch_commands, batch_bytes, queue_commands, lock_timeout, statement_timeout, patience, first_backoff,
                longest_backoff, connect_timeout, decisions, cached_events, clock_age, notify_gap, retry_after,
            }
            projectors {
                batch_events, batch_bytes, gather, gather_longest, lease, renew_every, poll_every, backoff_first, backoff_longest,
                stop_within, stuck_after,
            }
            feed {
                followers, page_events, page_bytes, scan_positions, buffer_events, buffer_bytes, tail_events, tail_bytes,
                catch_up_reads, poll_every, backoff_first, backoff_longest, keep_alive, recheck, come_back,
            }
            work {
                slots, lease, renewal, poll, claims, expiry_poll, sweep_poll, sweep_age, erasure_poll, erasure_settle, drift_poll, drift_streams,
                shutdown,
            }
            pdf {
                source_bytes_max, pages_max, page_side_points_max, page_pixels_max, overlay_bytes_max, output_bytes_max,
                memory_bytes_max, import_seconds_max, finalise_seconds_max,
            }
            history { events }
            operator { take_up, look }
            status { part, work_late, lock_late, free_bytes, clock_skew }
            presence { every, alive, kept }
            keys { rotation_batch }
            logs { queue_lines, file_bytes, files }
            access_log {
                connections, queue_rows, batch_rows, gather, wait, rest, refusals, refusals_each, refusals_every, flush, keep, prune_every, prune_rows,
            }
            sign_in {
                leeway, token_bytes, subject_bytes, keys_bytes, keys, keys_read, keys_age, keys_rest, keys_kept, keys_waiting,
                student_tokens, student_token_life, references,
            }
        );
        each!($limits.projectors, $visit:
            rebuild {
                workers, memory_bytes, settle_every, copy_bytes, index_memory_megabytes, batch_events, batch_bytes,
                swap_wait, vacuum_wait, swap_rest, swap_tries, catch_up_rounds, lease, renew_every, worth_events,
            }
        )
    };
}

impl Limits {
    /// Every limit with its value, in the order of the parts.
    #[must_use]
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        let mut shown = Vec::new();
        macro_rules! show {
            ($name:expr, $limit:expr) => {
                shown.push(($name, $limit.shown()))
            };
        }
        all!(self, show);
        shown
    }

    /// Sets a limit as `NAME=VALUE`.
    ///
    /// # Errors
    /// That there is no such limit, or what it takes.
    pub fn set(&mut self, setting: &str) -> Result<(), InvalidLimit> {
        let (name, value) = setting.split_once('=').ok_or_else(|| InvalidLimit::Form(setting.to_owned()))?;
        let (name, value) = (name.trim(), value.trim());
        macro_rules! set {
            ($known:expr, $limit:expr) => {
                if name == $known {
                    return set_one(&mut $limit, name, value);
                }
            };
        }
        all!(self, set);
        Err(InvalidLimit::Unknown(name.to_owned()))
    }
}

fn set_one<S: Setting>(limit: &mut S, name: &str, value: &str) -> Result<(), InvalidLimit> {
    if limit.set(value) {
        return Ok(());
    }
    Err(InvalidLimit::Value { name: name.to_owned(), takes: S::TAKES, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_set_to_what_it_shows() {
        let mut limits = Limits::default();
        let shown = limits.shown();
        for (name, value) in &shown {
            limits.set(&format!("{name}={value}")).unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!(limits.shown(), shown);
    }

    #[test]
    fn a_limit_that_is_set_is_the_one_that_is_named() {
        let mut limits = Limits::default();
        limits.set("http.body=90s").unwrap();
        limits.set("append.batch_commands = 64").unwrap();
        assert_eq!(limits.http.body, Duration::from_secs(90));
        assert_eq!(limits.append.batch_commands, 64);
    }

    #[test]
    fn what_is_no_limit_is_refused_with_what_would_be_one() {
        let mut limits = Limits::default();
        let mut refusal = |setting| limits.set(setting).unwrap_err().to_string();
        assert_eq!(
            refusal("http.body=0s"),
            "http.body takes a time above 0, such as 500ms, 10s or 24h, not \"0s\""
        );
        assert_eq!(refusal("pdf.pages_max=-1"), "pdf.pages_max takes a whole number above 0, not \"-1\"");
        assert_eq!(
            refusal("http.bodies=1s"),
            "there is no limit \"http.bodies\"; `gradeledger limits` lists them"
        );
    }
}
