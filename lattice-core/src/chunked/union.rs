//! Sets: the union of keys.

use alloc::vec::Vec;
use core::mem::needs_drop;

use super::ChunkedMap;
use super::build::Builder;
use super::merge::{Lent, MergeRule, Pick};
use super::node::leaf_fill;

impl<K: Ord + Clone> ChunkedMap<K, ()> {
    /// The union of two sets, of which `keep` decides what stays. O(n + m).
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// let evens: ChunkedMap<u32> = (0..10).map(|n| (2 * n, ())).collect();
    /// let threes: ChunkedMap<u32> = (0..10).map(|n| (3 * n, ())).collect();
    /// let both = evens.union(threes, |n| *n != 0);
    /// assert!(both.iter().map(|(n, ())| *n).take(4).eq([2, 3, 4, 6]));
    /// ```
    #[must_use]
    pub fn union(self, other: Self, mut keep: impl FnMut(&K) -> bool) -> Self {
        if needs_drop::<K>() {
            return self.merge(other, &mut Keep(keep));
        }
        let mut out = Builder::new();
        let (mut left, mut right) = (Lent::new(self), Lent::new(other));
        loop {
            let (ours, theirs) = (left.entries(), right.entries());
            let (Some((mine, ())), Some((new, ()))) = (ours.first(), theirs.first()) else {
                let end = ours.is_empty() && !left.refill(&mut out)
                    || theirs.is_empty() && !right.refill(&mut out);
                if end {
                    break;
                }
                continue;
            };
            if left.ends_before(new) {
                left.pass_leaf(&mut out, &mut |key, ()| keep(key));
            } else if right.ends_before(mine) {
                right.pass_leaf(&mut out, &mut |key, ()| keep(key));
            } else {
                let (ours, theirs) = unite_entries(ours, theirs, &mut keep, out.room());
                left.pass(ours);
                right.pass(theirs);
            }
        }
        left.pass_rest(&mut out, &mut |key, ()| keep(key));
        right.pass_rest(&mut out, &mut |key, ()| keep(key));
        out.finish()
    }
}

/// Unites entries into a leaf until that is full or one side is at its end. How many were passed.
#[inline(never)] // a loop that wants all registers for itself
fn unite_entries<K: Ord + Clone>(
    left: &[(K, ())],
    right: &[(K, ())],
    keep: &mut impl FnMut(&K) -> bool,
    leaf: &mut Vec<(K, ())>,
) -> (usize, usize) {
    let (mut i, mut j) = (0, 0);
    loop {
        // A step passes one entry of each side at most, and fills one place.
        let room = leaf_fill::<(K, ())>().saturating_sub(leaf.len());
        let steps = room.min(left.len() - i).min(right.len() - j);
        if steps == 0 {
            return (i, j);
        }
        for _ in 0..steps {
            let (Some(mine), Some(new)) = (left.get(i), right.get(j)) else {
                return (i, j);
            };
            // SUBTLE: sums and choices, no branches: which side comes next cannot be predicted, and
            // a wrong guess costs more than the whole step. So what does not stay is written, too.
            let order = mine.0.cmp(&new.0);
            let next = if order.is_le() { mine } else { new };
            i += usize::from(order.is_le());
            j += usize::from(order.is_ge());
            let end = leaf.len() + usize::from(keep(&next.0));
            leaf.push(next.clone());
            leaf.truncate(end);
        }
    }
}

/// The union by way of a rule, for keys that are moved.
struct Keep<F>(F);

impl<K, F: FnMut(&K) -> bool> MergeRule<K, ()> for Keep<F> {
    fn left(&mut self, key: &K, (): &()) -> bool {
        (self.0)(key)
    }

    fn right(&mut self, key: &K, (): &()) -> bool {
        (self.0)(key)
    }

    fn both(&mut self, key: &K, (): &(), (): &()) -> Pick {
        if (self.0)(key) {
            Pick::Left
        } else {
            Pick::Neither
        }
    }

    fn join(&mut self, (): &mut (), (): ()) {}
}
