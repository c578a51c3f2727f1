//! Dealing copies out to graders: balanced, and the same whenever it is worked out again from what was recorded.

use std::collections::BTreeMap;

use crate::{ActorId, CopyId, Digest};

/// Deals `copies` out to `graders`, each of whom holds as many copies as stand beside them.
///
/// Copies come in the order of SHA-256(seed ‖ copy id), so that who gets which follows from the seed and from nothing that
/// somebody could arrange: not from the order of import, nor from anonymous ids. Each goes to the grader who holds the
/// fewest by then; of several, to the one whose SHA-256(seed ‖ grader id) comes first. So the loads of any two graders who
/// were level before differ by at most one after. With nobody to deal to, nothing is dealt.
#[must_use]
pub fn deal(seed: u64, graders: &BTreeMap<ActorId, u64>, mut copies: Vec<CopyId>) -> Vec<(CopyId, ActorId)> {
    let drawn = |id: uuid::Uuid| Digest::of_parts(&[&seed.to_be_bytes(), id.as_bytes()]).0;
    copies.sort_by_cached_key(|copy| (drawn(copy.0), *copy));
    let mut loads: Vec<(u64, [u8; 32], ActorId)> =
        graders.iter().map(|(grader, load)| (*load, drawn(grader.0), *grader)).collect();
    copies.dedup();
    let to_fewest = |copy| {
        let next = loads.iter_mut().min()?;
        next.0 = next.0.saturating_add(1);
        Some((copy, next.2))
    };
    copies.into_iter().map_while(to_fewest).collect()
}
