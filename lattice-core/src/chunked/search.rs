//! Searching for many keys at once.

use alloc::vec::Vec;
use core::hint::select_unpredictable;

use super::node::Node;

/// Keys that are searched for side by side.
pub(super) const ABREAST: usize = 32;

/// Where keys belong, level by level from the root: the child to go down to, in the leaf the place.
pub(super) type Paths = Vec<[usize; ABREAST]>;

/// The paths of up to [`ABREAST`] keys, and the values under those that are there.
///
/// A search for one key waits for memory at each step, since each step tells where the next one
/// reads. The steps of different keys do not depend on one another: taken side by side they wait
/// together, which halves the cost of a batch into a map beyond the caches.
pub(super) fn find_abreast<'a, K: Ord, V>(
    root: &'a Node<K, V>,
    keys: &[(K, V)],
) -> (Paths, [Option<&'a V>; ABREAST]) {
    let mut nodes = [root; ABREAST];
    let mut paths = Paths::new();
    // All leaves have the same depth, so all searches are on one level.
    while matches!(nodes, [Node::Inner(_), ..]) {
        let slices = nodes.map(Node::children);
        let mut places = partition_points(keys, &slices, |child, key| child.first <= *key);
        for ((node, place), children) in nodes.iter_mut().zip(&mut places).zip(slices) {
            // A key below all others goes down the first child.
            *place = place.saturating_sub(1);
            if let Some(child) = children.get(*place) {
                *node = &child.node;
            }
        }
        paths.push(places);
    }
    let slices = nodes.map(Node::entries);
    let places = partition_points(keys, &slices, |(known, _), key| known < key);
    let mut found = [None; ABREAST];
    for (((found, entries), place), (key, _)) in found.iter_mut().zip(slices).zip(places).zip(keys)
    {
        *found = entries
            .get(place)
            .filter(|(known, _)| known == key)
            .map(|(_, value)| value);
    }
    paths.push(places);
    (paths, found)
}

/// For each key, how many items at the front of its slice come `before` it.
fn partition_points<K, V, I>(
    keys: &[(K, V)],
    slices: &[&[I]; ABREAST],
    before: impl Fn(&I, &K) -> bool,
) -> [usize; ABREAST] {
    let mut places = [0; ABREAST];
    let mut widths = slices.map(<[I]>::len);
    let mut searching = true;
    while searching {
        searching = false;
        for (((place, width), slice), (key, _)) in
            places.iter_mut().zip(&mut widths).zip(slices).zip(keys)
        {
            if *width > 1 {
                let half = *width / 2;
                if let Some(item) = slice.get(*place + half) {
                    // SUBTLE: which way a search turns cannot be predicted, and a wrong guess would
                    // stop all of them.
                    *place = select_unpredictable(before(item, key), *place + half, *place);
                }
                *width -= half;
                searching = true;
            }
        }
    }
    for ((place, slice), (key, _)) in places.iter_mut().zip(slices).zip(keys) {
        *place += usize::from(slice.get(*place).is_some_and(|item| before(item, key)));
    }
    places
}
