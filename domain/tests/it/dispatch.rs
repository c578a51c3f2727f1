//! Dealing copies out.

use std::collections::{BTreeMap, BTreeSet};

use domain::exam::dispatch::deal;
use domain::{ActorId, CopyId};
use proptest::prelude::*;
use uuid::Uuid;

fn grader(number: u128) -> ActorId {
    ActorId(Uuid::from_u128(0x6000 + number))
}

fn copies(count: u128) -> Vec<CopyId> {
    (0..count).map(|number| CopyId(Uuid::from_u128(0xc000 + number))).collect()
}

fn loads(loads: &[u64]) -> BTreeMap<ActorId, u64> {
    loads.iter().enumerate().map(|(number, load)| (grader(number as u128), *load)).collect()
}

#[test]
fn with_nobody_to_deal_to_nothing_is_dealt() {
    assert_eq!(deal(1, &BTreeMap::new(), copies(3)), vec![]);
}

#[test]
fn whoever_holds_least_is_dealt_to_first() {
    let dealt = deal(7, &loads(&[10, 0]), copies(10));
    assert!(dealt.iter().all(|(_, to)| *to == grader(1)));
    let dealt = deal(7, &loads(&[10, 0]), copies(12));
    assert_eq!(dealt.iter().filter(|(_, to)| *to == grader(0)).count(), 1);
}

#[test]
fn another_seed_deals_otherwise() {
    let by = |seed| deal(seed, &loads(&[0, 0, 0]), copies(60));
    assert_eq!(by(1), by(1));
    assert_ne!(by(1), by(2));
}

proptest! {
    /// Every copy once, to those who were named, and as level as can be, in whatever order the copies came.
    #[test]
    fn a_deal_is_whole_balanced_and_follows_from_its_seed_alone(
        seed in any::<u64>(),
        held in prop::collection::vec(0u64..20, 1..8),
        count in 0u128..200,
        shift in 0usize..200,
    ) {
        let (graders, copies) = (loads(&held), copies(count));
        let dealt = deal(seed, &graders, copies.clone());
        prop_assert_eq!(dealt.iter().map(|(copy, _)| *copy).collect::<BTreeSet<_>>(), copies.iter().copied().collect());
        prop_assert_eq!(dealt.len(), copies.len());
        let mut after = graders.clone();
        for (_, to) in &dealt {
            *after.get_mut(to).unwrap() += 1;
        }
        // Nobody who was dealt to holds more than one above anybody.
        let least = after.values().min().unwrap();
        for (to, load) in &after {
            prop_assert!(*load <= least + 1 || after[to] == graders[to], "{after:?}");
        }
        let mut shifted = copies;
        if !shifted.is_empty() {
            let by = shift % shifted.len();
            shifted.rotate_left(by);
        }
        prop_assert_eq!(deal(seed, &graders, shifted), dealt);
    }
}
