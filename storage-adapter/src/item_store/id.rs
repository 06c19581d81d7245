//! Ids of items as keys.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::Deref;
use std::sync::Arc;

/// The id of an item. Ordered as its bytes are; a clone shares them.
///
/// Its first bytes lie beside the pointer, and nearly always tell two ids of bones apart: a search for one in a tree of them goes
/// after few pointers.
#[derive(Debug, Clone)]
pub(super) struct ItemId {
    // INVARIANT: `begin` of `id`.
    begin: u64,
    id: Arc<str>,
}

/// The first bytes of an id as a number, so that ids are ordered as their numbers are where these differ.
pub(super) fn begin(id: &str) -> u64 {
    let mut first = [0; 8];
    for (to, byte) in first.iter_mut().zip(id.bytes()) {
        *to = byte;
    }
    u64::from_be_bytes(first)
}

impl From<Arc<str>> for ItemId {
    fn from(id: Arc<str>) -> Self {
        let begin = begin(&id);
        Self { begin, id }
    }
}

impl From<&str> for ItemId {
    fn from(id: &str) -> Self {
        Self::from(Arc::<str>::from(id))
    }
}

impl Deref for ItemId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.id
    }
}

// INVARIANT: equal and ordered as ids are.
impl Borrow<str> for ItemId {
    fn borrow(&self) -> &str {
        &self.id
    }
}

impl Ord for ItemId {
    fn cmp(&self, other: &Self) -> Ordering {
        let begins = self.begin.cmp(&other.begin);
        begins.then_with(|| {
            if Arc::ptr_eq(&self.id, &other.id) {
                Ordering::Equal
            } else {
                self.id.cmp(&other.id)
            }
        })
    }
}

impl PartialOrd for ItemId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ItemId {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ItemId {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Most pairs begin alike, many with all of the bytes that lie beside the pointer.
        #[test]
        fn ids_are_ordered_as_their_bytes(
            begins in "[a\0\u{ff}]{0,9}",
            a in "[a\0\u{ff}]{0,3}",
            b in "[a\0\u{ff}]{0,3}",
        ) {
            let (a, b) = (format!("{begins}{a}"), format!("{begins}{b}"));
            let (x, y) = (ItemId::from(&*a), ItemId::from(&*b));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(x.cmp(&x.clone()), Ordering::Equal);
            let by_begin = begin(&a).cmp(&begin(&b));
            prop_assert!(by_begin.is_eq() || by_begin == a.cmp(&b));
        }
    }
}
