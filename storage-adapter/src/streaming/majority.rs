//! The item that may hold most of a partition.

/// A candidate for the item that holds more than half of some bytes, found in one pass with one
/// counter (Boyer and Moore 1981).
///
/// If there is such an item, it is the candidate; otherwise the candidate is any item. Two candidates
/// of two parts merge to one of the whole under the same promise.
#[derive(Debug, Clone, Default)]
pub(super) struct Majority {
    item_id: String,
    // INVARIANT: at least what the candidate holds beyond all the others together.
    lead: u64,
    others: bool,
}

impl Majority {
    /// The candidate; `None` when nothing was seen.
    pub(super) fn item_id(&self) -> Option<&str> {
        Some(&*self.item_id).filter(|id| !id.is_empty())
    }

    /// Whether nothing of any other item was seen.
    pub(super) fn is_only(&self) -> bool {
        !self.others
    }

    /// So many bytes are of this item.
    pub(super) fn see(&mut self, item_id: &str, bytes: u64) {
        self.others |= !self.item_id.is_empty() && self.item_id != item_id;
        if self.item_id == item_id {
            self.lead = self.lead.saturating_add(bytes);
        } else if bytes > self.lead {
            item_id.clone_into(&mut self.item_id);
            self.lead = bytes.saturating_sub(self.lead);
        } else {
            self.lead = self.lead.saturating_sub(bytes);
        }
    }

    /// Takes in what was seen of another part.
    pub(super) fn merge(&mut self, other: &Self) {
        if let Some(item_id) = other.item_id() {
            self.see(item_id, other.lead);
            self.others |= other.others;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_with_more_than_half_is_found_in_any_order_and_any_parts() {
        let seen = [("a", 3), ("b", 9), ("c", 2), ("b", 4), ("a", 4), ("d", 3)];
        for turn in 0..seen.len() {
            let mut seen = seen;
            seen.rotate_left(turn);
            for cut in 0..=seen.len() {
                let (left, right) = seen.split_at(cut);
                let of = |part: &[(&str, u64)]| {
                    let mut majority = Majority::default();
                    for (id, bytes) in part {
                        majority.see(id, *bytes);
                    }
                    majority
                };
                let mut whole = of(left);
                whole.merge(&of(right));
                assert_eq!(whole.item_id(), Some("b"), "{turn} {cut}");
            }
        }
        assert_eq!(Majority::default().item_id(), None);
    }

    #[test]
    fn one_item_alone_is_known_to_be_alone() {
        let (mut one, mut two) = (Majority::default(), Majority::default());
        one.see("a", 1);
        one.see("a", 2);
        two.see("a", 3);
        one.merge(&two);
        assert!(one.is_only());
        two.see("b", 9);
        two.see("b", 9);
        one.merge(&two);
        assert!(!one.is_only() && !two.is_only());
    }
}
