//! Merging two maps in one linear walk.

use alloc::sync::Arc;
use core::cmp::Ordering;
use core::iter::once;
use core::mem::needs_drop;

use super::ChunkedMap;
use super::build::Builder;
use super::drain::{Leaf, Leaves};
use super::node::{Node, leaf_fill};

/// Which value of a key that both maps have goes into the merged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The left one; the right one is dropped.
    Left,
    /// The right one; the left one is dropped.
    Right,
    /// What [`MergeRule::join`] makes of both.
    Both,
    /// Neither: the key goes.
    Neither,
}

/// What becomes of the entries of two maps that are [merged](ChunkedMap::merge).
///
/// ```
/// use lattice_core::ChunkedMap;
/// use lattice_core::chunked::{MergeRule, Pick};
///
/// /// Left values win, and what only the right side has is left out.
/// struct Mine;
///
/// impl MergeRule<u32, char> for Mine {
///     fn left(&mut self, _: &u32, _: &char) -> bool { true }
///     fn right(&mut self, _: &u32, _: &char) -> bool { false }
///     fn both(&mut self, _: &u32, _: &char, _: &char) -> Pick { Pick::Left }
///     fn join(&mut self, _: &mut char, _: char) {}
/// }
///
/// let (a, b) = (ChunkedMap::from_iter([(1, 'a')]), ChunkedMap::from_iter([(1, 'x'), (2, 'y')]));
/// assert_eq!(a.clone().merge(b, &mut Mine), a);
/// ```
pub trait MergeRule<K, V> {
    /// True where cloning an entry costs hardly more than moving it. Leaves are then read in place and
    /// their memory is filled again, where otherwise they are taken apart.
    const CLONES: bool = !needs_drop::<(K, V)>();

    /// An entry only the left map has; false drops it.
    fn left(&mut self, key: &K, value: &V) -> bool;
    /// An entry only the right map has; false drops it.
    fn right(&mut self, key: &K, value: &V) -> bool;
    /// An entry only one map has, the left one or the right one; false drops it. Override it where that can be told
    /// without a branch: which side comes next cannot be predicted.
    #[inline]
    fn one(&mut self, is_left: bool, key: &K, value: &V) -> bool {
        if is_left {
            self.left(key, value)
        } else {
            self.right(key, value)
        }
    }
    /// A key both maps have.
    fn both(&mut self, key: &K, left: &V, right: &V) -> Pick;
    /// Joins the values of a key for which [`both`](Self::both) said [`Pick::Both`].
    fn join(&mut self, left: &mut V, right: V);

    /// Puts a clone of an entry behind those of `out`, where [`CLONES`](Self::CLONES) holds.
    ///
    /// Override it where clones have a usual shape that is plain data and others that are not: a clone that may be of
    /// either is put together in one place and moved to another, which takes as long again as all the rest of a merge.
    #[inline]
    fn copy(entry: &(K, V), out: &mut impl Extend<(K, V)>)
    where
        K: Clone,
        V: Clone,
    {
        out.extend(once(entry).cloned());
    }
}

/// The right value, where there is one.
pub(super) struct Right;

impl<K, V> MergeRule<K, V> for Right {
    fn left(&mut self, _: &K, _: &V) -> bool {
        true
    }

    fn right(&mut self, _: &K, _: &V) -> bool {
        true
    }

    fn both(&mut self, _: &K, _: &V, _: &V) -> Pick {
        Pick::Right
    }

    fn join(&mut self, _: &mut V, _: V) {}
}

impl<K: Ord + Clone, V: Clone> ChunkedMap<K, V> {
    /// Merges two maps by a rule. O(n + m).
    ///
    /// Leaves of one side between two keys of the other are passed on as they are if the rule keeps
    /// all of their entries, shared ones included.
    #[must_use]
    pub fn merge<R: MergeRule<K, V>>(self, other: Self, rule: &mut R) -> Self {
        if R::CLONES {
            merge_lent(self, other, rule)
        } else {
            merge_owned(self, other, rule)
        }
    }
}

/// One side of a merge whose leaves are read in place.
pub(super) struct Lent<K, V> {
    rest: Leaves<K, V>,
    leaf: Option<Arc<Node<K, V>>>,
    at: usize,
}

impl<K: Ord + Clone, V: Clone> Lent<K, V> {
    pub(super) fn new(map: ChunkedMap<K, V>) -> Self {
        let mut rest = Leaves::new(map.root);
        Self {
            leaf: rest.next(),
            rest,
            at: 0,
        }
    }

    /// The entries of the leaf that have not been passed yet.
    #[inline]
    pub(super) fn entries(&self) -> &[(K, V)] {
        let entries = self.leaf.as_deref().map_or(&[][..], Node::entries);
        entries.get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn pass(&mut self, count: usize) {
        self.at += count;
    }

    /// Goes on to the next leaf. False at the end.
    pub(super) fn refill(&mut self, out: &mut Builder<K, V>) -> bool {
        if let Some(leaf) = self.leaf.take() {
            out.recycle(leaf);
        }
        self.leaf = self.rest.next();
        self.at = 0;
        self.leaf.is_some()
    }

    /// True iff the leaf is whole and ends before `bound`.
    #[inline]
    pub(super) fn ends_before(&self, bound: &K) -> bool {
        self.at == 0 && self.entries().last().is_some_and(|(last, _)| last < bound)
    }

    /// Puts the leaf into `out`, as it is if it loses nothing.
    pub(super) fn pass_leaf(
        &mut self,
        out: &mut Builder<K, V>,
        keep: &mut impl FnMut(&K, &V) -> bool,
    ) {
        if let Some(leaf) = self.leaf.take() {
            out.push_filtered(leaf, keep);
        }
    }

    /// Puts all that is left into `out`.
    pub(super) fn pass_rest(
        mut self,
        out: &mut Builder<K, V>,
        keep: &mut impl FnMut(&K, &V) -> bool,
    ) {
        for (key, value) in self.entries() {
            if keep(key, value) {
                out.push((key.clone(), value.clone()));
            }
        }
        self.leaf = None;
        for leaf in self.rest {
            out.push_filtered(leaf, keep);
        }
    }
}

fn merge_lent<K: Ord + Clone, V: Clone>(
    left: ChunkedMap<K, V>,
    right: ChunkedMap<K, V>,
    rule: &mut impl MergeRule<K, V>,
) -> ChunkedMap<K, V> {
    let mut out = Builder::new();
    let (mut left, mut right) = (Lent::new(left), Lent::new(right));
    loop {
        let (ours, theirs) = (left.entries(), right.entries());
        let (Some((mine, _)), Some((new, _))) = (ours.first(), theirs.first()) else {
            let end = ours.is_empty() && !left.refill(&mut out)
                || theirs.is_empty() && !right.refill(&mut out);
            if end {
                break;
            }
            continue;
        };
        if left.ends_before(new) {
            left.pass_leaf(&mut out, &mut |k, v| rule.left(k, v));
        } else if right.ends_before(mine) {
            right.pass_leaf(&mut out, &mut |k, v| rule.right(k, v));
        } else {
            let (ours, theirs) = merge_entries(ours, theirs, rule, out.room());
            left.pass(ours);
            right.pass(theirs);
        }
    }
    left.pass_rest(&mut out, &mut |k, v| rule.left(k, v));
    right.pass_rest(&mut out, &mut |k, v| rule.right(k, v));
    out.finish()
}

/// Merges entries into a leaf until that is full or one side is at its end. How many were passed.
#[inline(never)] // a loop that wants all registers for itself
fn merge_entries<K: Ord + Clone, V: Clone, R: MergeRule<K, V>>(
    left: &[(K, V)],
    right: &[(K, V)],
    rule: &mut R,
    leaf: &mut alloc::vec::Vec<(K, V)>,
) -> (usize, usize) {
    let (mut i, mut j) = (0, 0);
    while let (Some(mine), Some(new)) = (left.get(i), right.get(j)) {
        if leaf.len() >= leaf_fill::<(K, V)>() {
            break;
        }
        let order = mine.0.cmp(&new.0);
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
        let mut is_left = order.is_lt();
        let stays = if order.is_ne() {
            let next = if is_left { mine } else { new };
            rule.one(is_left, &next.0, &next.1)
        } else {
            let pick = rule.both(&mine.0, &mine.1, &new.1);
            if pick == Pick::Both {
                let (key, mut value) = mine.clone();
                rule.join(&mut value, new.1.clone());
                leaf.push((key, value));
                continue;
            }
            is_left = pick == Pick::Left;
            pick != Pick::Neither
        };
        // SUBTLE: a choice, no branch, and one place that clones for either side: which side comes next
        // cannot be predicted.
        let next = if is_left { mine } else { new };
        if stays {
            R::copy(next, leaf);
        }
    }
    (i, j)
}

/// One side of a merge whose leaves are taken apart.
struct Owned<K, V> {
    leaf: Option<Leaf<K, V>>,
    rest: Leaves<K, V>,
}

impl<K: Clone, V: Clone> Owned<K, V> {
    fn new(map: ChunkedMap<K, V>) -> Self {
        let mut rest = Leaves::new(map.root);
        Self {
            leaf: rest.next().map(Leaf::new),
            rest,
        }
    }

    #[inline]
    fn peek(&self) -> Option<&(K, V)> {
        self.leaf.as_ref()?.peek()
    }

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        let leaf = self.leaf.as_mut()?;
        let entry = leaf.next();
        if leaf.peek().is_none() {
            self.refill();
        }
        entry
    }

    #[cold]
    fn refill(&mut self) {
        self.leaf = self.rest.next().map(Leaf::new);
    }

    /// Moves the entry at the front over if it is to stay.
    #[inline]
    fn pass(&mut self, out: &mut Builder<K, V>, stays: bool) {
        if stays {
            if let Some(entry) = self.next() {
                out.push(entry);
            }
        } else if let Some(leaf) = self.leaf.as_mut() {
            leaf.skip();
            if leaf.peek().is_none() {
                self.refill();
            }
        }
    }
}

fn merge_owned<K: Ord + Clone, V: Clone>(
    left: ChunkedMap<K, V>,
    right: ChunkedMap<K, V>,
    rule: &mut impl MergeRule<K, V>,
) -> ChunkedMap<K, V> {
    let mut out = Builder::new();
    let (mut left, mut right) = (Owned::new(left), Owned::new(right));
    while let (Some(mine), Some(new)) = (left.peek(), right.peek()) {
        // SUBTLE: entries are compared where they lie and moved once, to where they go. Taking them
        // out first halves the speed of the loop.
        match mine.0.cmp(&new.0) {
            Ordering::Less => {
                let stays = rule.left(&mine.0, &mine.1);
                left.pass(&mut out, stays);
            }
            Ordering::Greater => {
                let stays = rule.right(&new.0, &new.1);
                right.pass(&mut out, stays);
            }
            Ordering::Equal => {
                let pick = rule.both(&mine.0, &mine.1, &new.1);
                if pick == Pick::Both {
                    if let (Some((key, mut value)), Some((_, new))) = (left.next(), right.next()) {
                        rule.join(&mut value, new);
                        out.push((key, value));
                    }
                } else {
                    left.pass(&mut out, pick == Pick::Left);
                    right.pass(&mut out, pick == Pick::Right);
                }
            }
        }
    }
    pass_rest(left, &mut out, |k, v| rule.left(k, v));
    pass_rest(right, &mut out, |k, v| rule.right(k, v));
    out.finish()
}

/// Puts all that is left of a side into `out`, leaves that lose nothing as they are.
fn pass_rest<K: Clone, V: Clone>(
    side: Owned<K, V>,
    out: &mut Builder<K, V>,
    mut keep: impl FnMut(&K, &V) -> bool,
) {
    let Some(mut leaf) = side.leaf else { return };
    while let Some((key, value)) = leaf.peek() {
        if !keep(key, value) {
            leaf.skip();
        } else if let Some(entry) = leaf.next() {
            out.push(entry);
        }
    }
    for leaf in side.rest {
        out.push_filtered(leaf, &mut keep);
    }
}
