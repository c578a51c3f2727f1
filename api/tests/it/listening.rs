//! Hearing what a test's own thread logs, whatever other tests' threads do meanwhile.

use std::sync::LazyLock;

use tracing::subscriber::{DefaultGuard, NoSubscriber, set_default};
use tracing::{Dispatch, Subscriber};

/// While there is only one subscriber in a process, tracing asks for that of whichever thread first comes by a log line. A thread that
/// has none says that nobody wants the line, and that is remembered for all. With this one there are always two, and both are asked.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// Has the subscriber hear this thread, for as long as the guard lives.
#[must_use]
pub(crate) fn listen(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    LazyLock::force(&ANOTHER);
    set_default(subscriber)
}
