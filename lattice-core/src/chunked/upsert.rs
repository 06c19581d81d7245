//! Taking a sorted batch in: one pass down the tree for some thirty entries at a time.

use alloc::sync::Arc;
use alloc::vec::{self, Vec};

use super::ChunkedMap;
use super::build::stack;
use super::node::{Child, FANOUT, MAX_FANOUT, Node, child_of, leaf_fill, leaf_max, slack};
use super::search::{ABREAST, Paths, find_abreast};

/// What taking an entry in means where its key is there already; see [`ChunkedMap::upsert`].
///
/// ```
/// use lattice_core::ChunkedMap;
/// use lattice_core::chunked::Upsert;
///
/// /// Keeps the greater value.
/// struct Greater;
///
/// impl Upsert<u32> for Greater {
///     fn changes(&mut self, old: &u32, new: &u32) -> bool { old < new }
///     fn update(&mut self, old: &mut u32, new: u32) { *old = new; }
/// }
///
/// let mut map = ChunkedMap::from_iter([('a', 1), ('b', 2)]);
/// assert!(map.upsert(vec![('b', 1), ('a', 7), ('c', 3)], &mut Greater));
/// assert!(map.iter().eq([(&'a', &7), (&'b', &2), (&'c', &3)]));
/// ```
pub trait Upsert<V> {
    /// True iff `new` would change `old`.
    fn changes(&mut self, old: &V, new: &V) -> bool;
    /// Changes it.
    fn update(&mut self, old: &mut V, new: V);
}

/// Sets values.
pub(super) struct Replace;

impl<V> Upsert<V> for Replace {
    fn changes(&mut self, _: &V, _: &V) -> bool {
        true
    }

    fn update(&mut self, old: &mut V, new: V) {
        *old = new;
    }
}

impl<K: Ord + Clone, V: Clone> ChunkedMap<K, V> {
    /// Takes entries in, one after the other. True iff that changed anything. O(m log m + m log n).
    ///
    /// Nodes in which nothing changes stay shared. For batches that are not much smaller than the map,
    /// [`merge`](Self::merge) is the better way.
    ///
    /// ```
    /// # use lattice_core::ChunkedMap;
    /// use lattice_core::chunked::Upsert;
    ///
    /// /// What is there stays.
    /// struct Keep;
    /// impl<V> Upsert<V> for Keep {
    ///     fn changes(&mut self, _: &V, _: &V) -> bool { false }
    ///     fn update(&mut self, _: &mut V, _: V) {}
    /// }
    /// let mut map = ChunkedMap::from_iter([(1, "one")]);
    /// assert!(map.upsert(vec![(2, "two"), (1, "uno")], &mut Keep));
    /// assert_eq!(map.get(&1), Some(&"one"));
    /// ```
    pub fn upsert(&mut self, mut batch: Vec<(K, V)>, rule: &mut impl Upsert<V>) -> bool {
        if batch.len() == 1
            && let Some(entry) = batch.pop()
        {
            return self.upsert_one(entry, rule);
        }
        if batch.is_sorted_by(|(a, _), (b, _)| a < b) {
            return self.upsert_ascending(batch, rule);
        }
        batch.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut ascending = Vec::with_capacity(batch.len());
        for (key, value) in batch {
            match ascending.last_mut() {
                Some((last, old)) if *last == key => {
                    if rule.changes(old, &value) {
                        rule.update(old, value);
                    }
                }
                _ => ascending.push((key, value)),
            }
        }
        self.upsert_ascending(ascending, rule)
    }

    /// [`upsert`](Self::upsert) of one entry. O(log n).
    pub(super) fn upsert_one(&mut self, entry: (K, V), rule: &mut impl Upsert<V>) -> bool {
        let known = self.get(&entry.0);
        if known.is_some_and(|old| !rule.changes(old, &entry.1)) {
            return false; // looked up first: what is shared is copied only for a change
        }
        self.put(entry, rule)
    }

    /// Takes one entry in that changes something. True iff its key was new.
    pub(super) fn put_one(&mut self, entry: (K, V), rule: &mut impl Upsert<V>) -> bool {
        let before = self.len;
        self.put(entry, rule);
        self.len > before
    }

    fn put(&mut self, entry: (K, V), rule: &mut impl Upsert<V>) -> bool {
        let Some(root) = &mut self.root else {
            *self = core::iter::once(entry).collect();
            return true;
        };
        let (fresh, right) = put(root, entry, rule);
        self.len += usize::from(fresh);
        self.grow(right);
        true
    }

    /// Puts a root over the root and the nodes that have been cut off it.
    fn grow(&mut self, right: Vec<Child<K, V>>) {
        if !right.is_empty() {
            let left = self.root.take().and_then(Child::new);
            self.root = stack(left.into_iter().chain(right).collect());
        }
    }

    /// [`upsert`](Self::upsert) of entries with strictly ascending keys.
    pub(super) fn upsert_ascending(
        &mut self,
        batch: Vec<(K, V)>,
        rule: &mut impl Upsert<V>,
    ) -> bool {
        let mut changed = false;
        let mut batch = batch.into_iter();
        while batch.len() > 0 {
            let Some(root) = &mut self.root else {
                *self = batch.collect();
                return true;
            };
            let group = batch.as_slice().get(..ABREAST).unwrap_or(batch.as_slice());
            let (paths, found) = find_abreast(root, group);
            let mut actions = [Action::Pass; ABREAST];
            for ((action, old), (_, new)) in actions.iter_mut().zip(found).zip(group) {
                *action = match old {
                    None => Action::Insert,
                    Some(old) if rule.changes(old, new) => Action::Update,
                    Some(_) => Action::Pass,
                };
            }
            // SUBTLE: the actions come first, so that their end does not swallow an entry.
            let placed: Vec<_> = actions
                .into_iter()
                .zip(batch.by_ref())
                .enumerate()
                .filter(|(_, (action, _))| *action != Action::Pass)
                .map(|(at, (action, entry))| Placed { at, action, entry })
                .collect();
            if placed.is_empty() {
                continue;
            }
            changed = true;
            let fresh = placed.iter().filter(|it| it.action == Action::Insert);
            self.len += fresh.count();
            let share = placed.len();
            let right = Sinking {
                placed: placed.into_iter(),
                paths: &paths,
                rule,
            }
            .sink(root, 0, share);
            self.grow(right);
        }
        changed
    }
}

/// Puts one entry into `node`. True iff its key was new; and what no longer fits, as further nodes to
/// the right.
fn put<K: Ord + Clone, V: Clone>(
    node: &mut Arc<Node<K, V>>,
    entry: (K, V),
    rule: &mut impl Upsert<V>,
) -> (bool, Vec<Child<K, V>>) {
    match Node::unshared(node) {
        Node::Leaf(entries) => {
            let place = entries.binary_search_by(|(known, _)| known.cmp(&entry.0));
            match place {
                Ok(at) => {
                    if let Some((_, old)) = entries.get_mut(at) {
                        rule.update(old, entry.1);
                    }
                }
                Err(at) => insert(entries, at, entry),
            }
            (place.is_err(), spill_leaf(entries))
        }
        Node::Inner(children) => {
            let at = child_of(children, &|first: &K| first.cmp(&entry.0));
            let Some(child) = children.get_mut(at) else {
                return (false, Vec::new());
            };
            let (fresh, right) = put(&mut child.node, entry, rule);
            if at == 0 {
                child.refresh();
            }
            if !right.is_empty() {
                children.splice(at + 1..=at, right);
            }
            (fresh, spill(children, MAX_FANOUT, FANOUT, Node::Inner))
        }
    }
}

/// Inserts into a leaf, with room for some more to come.
fn insert<K, V>(leaf: &mut Vec<(K, V)>, at: usize, entry: (K, V)) {
    if leaf.len() == leaf.capacity() {
        leaf.reserve_exact(leaf_fill::<(K, V)>() / 8 + 1);
    }
    leaf.insert(at, entry);
}

fn spill_leaf<K: Clone, V>(entries: &mut Vec<(K, V)>) -> Vec<Child<K, V>> {
    spill(
        entries,
        leaf_max::<(K, V)>(),
        leaf_fill::<(K, V)>(),
        Node::Leaf,
    )
}

/// What to do with an entry of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Pass,
    Insert,
    Update,
}

/// An entry of a batch, and which of the searched keys it was.
struct Placed<K, V> {
    at: usize,
    action: Action,
    entry: (K, V),
}

/// Entries in strictly ascending order on their way into a tree, each of which changes it.
struct Sinking<'a, K, V, R> {
    placed: vec::IntoIter<Placed<K, V>>,
    paths: &'a Paths,
    rule: &'a mut R,
}

impl<K: Ord + Clone, V: Clone, R: Upsert<V>> Sinking<'_, K, V, R> {
    /// Takes the next `share` entries into `node`, and hands back what no longer fits, as further
    /// nodes to the right of it.
    fn sink(&mut self, node: &mut Arc<Node<K, V>>, depth: usize, share: usize) -> Vec<Child<K, V>> {
        match Node::unshared(node) {
            Node::Leaf(entries) => {
                self.fill(entries, depth, share);
                spill_leaf(entries)
            }
            Node::Inner(children) => {
                self.deal(children, depth, share);
                spill(children, MAX_FANOUT, FANOUT, Node::Inner)
            }
        }
    }

    /// Where an entry belonged on one level before anything moved.
    fn place(&self, depth: usize, placed: &Placed<K, V>) -> usize {
        self.paths
            .get(depth)
            .and_then(|places| places.get(placed.at))
            .copied()
            .unwrap_or(0)
    }

    /// Deals the next `share` entries out to the children they belong to.
    fn deal(&mut self, children: &mut Vec<Child<K, V>>, depth: usize, share: usize) {
        // SUBTLE: entries ascend, so whatever moved lies to the left: places shift by what was added.
        let (mut left, mut added) = (share, 0);
        while left > 0 {
            let ahead = self
                .placed
                .as_slice()
                .iter()
                .take(left)
                .map(|placed| self.place(depth, placed));
            let Some(place) = ahead.clone().next() else {
                return;
            };
            let share = ahead.take_while(|&next| next == place).count();
            left -= share;
            let at = place + added;
            let Some(child) = children.get_mut(at) else {
                return;
            };
            let right = self.sink(&mut child.node, depth + 1, share);
            if at == 0 {
                child.refresh();
            }
            if !right.is_empty() {
                added += right.len();
                children.splice(at + 1..=at, right);
            }
        }
    }

    /// Takes the next `share` entries into a leaf.
    fn fill(&mut self, leaf: &mut Vec<(K, V)>, depth: usize, share: usize) {
        let before = leaf.len();
        for _ in 0..share {
            let Some(placed) = self.placed.next() else {
                return;
            };
            let at = self.place(depth, &placed) + leaf.len() - before;
            if placed.action == Action::Insert {
                insert(leaf, at, placed.entry);
            } else if let Some((_, old)) = leaf.get_mut(at) {
                self.rule.update(old, placed.entry.1);
            }
        }
    }
}

/// Cuts what is over `max` off, into nodes of about `fill`.
fn spill<I, K: Clone, V>(
    items: &mut Vec<I>,
    max: usize,
    fill: usize,
    node: impl Fn(Vec<I>) -> Node<K, V>,
) -> Vec<Child<K, V>> {
    if items.len() <= max {
        return Vec::new();
    }
    let (count, parts) = (items.len(), items.len().div_ceil(fill));
    let mut right: Vec<_> = (1..parts)
        .rev()
        .filter_map(|part| Child::new(Arc::new(node(items.split_off(count * part / parts)))))
        .collect();
    items.shrink_to(items.len() + slack::<I>());
    right.reverse();
    right
}
