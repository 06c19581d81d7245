//! Taking a sorted batch in: one pass down the tree, whatever the number of entries.

use alloc::sync::Arc;
use alloc::vec::{self, Vec};

use super::node::{Child, FANOUT, MAX_FANOUT, Node, child_of, leaf_fill, leaf_max, slack};

/// What taking an entry in means where its key is there already.
pub(crate) trait Upsert<V> {
    /// True iff `new` would change `old`.
    fn changes(&mut self, old: &V, new: &V) -> bool;
    /// Changes it.
    fn update(&mut self, old: &mut V, new: V);
}

/// Leaves what is there.
pub(crate) struct KeepOld;

impl<V> Upsert<V> for KeepOld {
    fn changes(&mut self, _: &V, _: &V) -> bool {
        false
    }

    fn update(&mut self, _: &mut V, _: V) {}
}

/// Entries in strictly ascending order, on their way into a tree.
pub(super) struct Batch<'a, K, V, R> {
    pub(super) entries: vec::IntoIter<(K, V)>,
    pub(super) rule: &'a mut R,
    /// How many keys were new so far.
    pub(super) fresh: usize,
}

impl<K: Ord + Clone, V: Clone, R: Upsert<V>> Batch<'_, K, V, R> {
    /// Takes the entries below `bound` into `node`, and hands back what no longer fits, as further
    /// nodes to the right of it. Nodes in which nothing changes stay shared.
    pub(super) fn sink(
        &mut self,
        node: &mut Arc<Node<K, V>>,
        bound: Option<&K>,
    ) -> Vec<Child<K, V>> {
        let ahead = self.entries.as_slice();
        let share = bound.map_or(ahead.len(), |bound| {
            ahead.partition_point(|(key, _)| key < bound)
        });
        if Arc::strong_count(node) > 1 && !self.would_change(node, share) {
            self.entries.by_ref().take(share).for_each(drop);
            return Vec::new();
        }
        match Node::unshared(node) {
            Node::Leaf(entries) => {
                self.fill(entries, share);
                spill(
                    entries,
                    leaf_max::<(K, V)>(),
                    leaf_fill::<(K, V)>(),
                    Node::Leaf,
                )
            }
            Node::Inner(children) => {
                let end = self.entries.len() - share;
                while self.entries.len() > end
                    && let Some((key, _)) = self.entries.as_slice().first()
                {
                    let at = child_of(children, &|first: &K| first.cmp(key));
                    let Some((child, rest)) =
                        children.get_mut(at..).and_then(<[_]>::split_first_mut)
                    else {
                        break;
                    };
                    let split = self.sink(
                        &mut child.node,
                        rest.first().map(|next| &next.first).or(bound),
                    );
                    if at == 0 {
                        child.refresh();
                    }
                    if !split.is_empty() {
                        children.splice(at + 1..=at, split);
                    }
                }
                spill(children, MAX_FANOUT, FANOUT, Node::Inner)
            }
        }
    }

    /// True iff one of the next `share` entries would change anything in `node`.
    fn would_change(&mut self, node: &Node<K, V>, share: usize) -> bool {
        self.entries
            .as_slice()
            .iter()
            .take(share)
            .any(
                |(key, value)| match node.seek(&|known: &K| known.cmp(key)) {
                    Some((known, old)) if known == key => self.rule.changes(old, value),
                    _ => true,
                },
            )
    }

    /// Takes the next `share` entries into a leaf.
    fn fill(&mut self, leaf: &mut Vec<(K, V)>, share: usize) {
        let old = leaf.len();
        // Many: append them and let the sort merge the two runs it finds.
        let append = share > 1 + old / 8;
        for (key, value) in self.entries.by_ref().take(share) {
            let end = if append { old } else { leaf.len() };
            let known = leaf.get_mut(..end).unwrap_or_default();
            match known.binary_search_by(|(known, _)| known.cmp(&key)) {
                Ok(at) => {
                    if let Some((_, old)) = known.get_mut(at)
                        && self.rule.changes(old, &value)
                    {
                        self.rule.update(old, value);
                    }
                }
                Err(at) => {
                    self.fresh += 1;
                    if leaf.len() == leaf.capacity() {
                        leaf.reserve_exact(if append { share } else { slack::<(K, V)>() });
                    }
                    leaf.insert(if append { leaf.len() } else { at }, (key, value));
                }
            }
        }
        if append {
            leaf.sort_by(|(a, _), (b, _)| a.cmp(b));
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
