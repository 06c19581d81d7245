//! The order of hashes.

use crate::hash::{EventHash, prefix};

/// The items in the order of the first eight bytes of their hashes, which for hashes of different
/// events is as good as their order.
///
/// Whoever collects them sorts them anyway, or finds that they are: that looks at each neighbour
/// once, where sorting whole hashes would look at them log n times.
pub(super) fn by_hash<T>(
    items: &[T],
    hash: impl Fn(&T) -> &EventHash,
) -> impl ExactSizeIterator<Item = &T> {
    let mut order: Vec<(u64, &T)> = items
        .iter()
        .map(|item| (prefix(hash(item)), item))
        .collect();
    order.sort_unstable_by_key(|(prefix, _)| *prefix);
    order.into_iter().map(|(_, item)| item)
}
