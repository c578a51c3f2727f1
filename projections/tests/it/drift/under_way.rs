//! Looks while the ledger grows.

use std::sync::atomic::{AtomicBool, Ordering};

use projections::{DriftScope, DriftWalk, ProjectorLimits, Projectors};

use super::{all_views, look, look_at_all};
use crate::ledger::{TestLedger, limits};
use crate::life::Office;

/// Law: what is on its way is no difference. Batches of few events, so that a view is between two of them at most looks.
#[tokio::test]
async fn looks_beside_appends_and_leaders_find_nothing() {
    for seed in [31, 32] {
        let ledger = TestLedger::new().await;
        let mut office = Office::new(12, seed);
        office.open(&ledger).await;
        let few = ProjectorLimits { batch_events: 5, ..limits() };
        let projectors = Projectors::start(&ledger.views, few);
        let done = AtomicBool::new(false);
        let work = async {
            office.work(&ledger, 400).await;
            done.store(true, Ordering::Relaxed);
        };
        let looks = async {
            let (mut walk, mut looks) = (DriftWalk::from_somewhere(), 0);
            while !done.load(Ordering::Relaxed) {
                let whole = look_at_all(&ledger).await;
                assert_eq!(whole.findings, vec![], "seed {seed}, look {looks}");
                let some = look(&ledger, &all_views(), DriftScope::Next(&mut walk, 3), false).await;
                assert_eq!(some.findings, vec![], "seed {seed}, look {looks}");
                looks += 1;
            }
            looks
        };
        let ((), looks) = tokio::join!(work, looks);
        assert!(looks > 3, "{looks} looks");
        projectors.stop().await;
    }
}
