//! What a set holds: adds that no remove observed.

use std::collections::BTreeSet;

use super::{Entry, Kept, Known};
use crate::fact::{Element, Hash, Reading, Removes, SetOps};

impl Known<'_> {
    /// Adds that count, each with its element; removes that count; clears that count.
    pub(super) fn set(&self, ops: impl Fn(&Reading) -> &SetOps) -> SetReading<'_> {
        let mut adds: Vec<(&Entry<'_>, Element)> = Vec::new();
        let mut removes: Vec<(&Entry<'_>, &Removes)> = Vec::new();
        for entry in &self.entries {
            let ops = ops(entry.reading());
            adds.extend(ops.adds.iter().map(|element| (entry, element.clone())));
            if ops.removes != Removes::Nothing {
                removes.push((entry, &ops.removes));
            }
        }
        let taken = |entry: &Entry<'_>, element: &Element| {
            removes
                .iter()
                .any(|(remove, what)| takes(what, element) && self.observes(remove, entry))
        };
        let outdone = |entry: &Entry<'_>, element: &Element| {
            adds.iter()
                .any(|(other, e)| e == element && self.precedes(entry, other))
        };
        let live = |(entry, element): &(&Entry<'_>, Element)| {
            !taken(entry, element) && !outdone(entry, element)
        };
        let live_adds = adds.iter().filter(|add| live(add)).cloned().collect();
        // A remove matters no more under a later one that takes as much.
        let idle = |entry: &Entry<'_>, what: &Removes| {
            removes.iter().any(|(other, more)| {
                let same = std::ptr::eq(*other, entry);
                covers(more, what)
                    && !same
                    && (self.precedes(entry, other)
                        || (entry.place() == other.place() && more != &what))
            })
        };
        let kept = removes.iter().filter(|(entry, what)| !idle(entry, what));
        SetReading {
            adds: live_adds,
            removes: kept
                .map(|(entry, what)| (*entry, (*what).clone()))
                .collect(),
        }
    }
}

/// Whether the remove takes the element.
fn takes(removes: &Removes, element: &Element) -> bool {
    match removes {
        Removes::Nothing => false,
        Removes::One(one) => one == element,
        Removes::All => true,
        Removes::AllTo(target) => *target == element.0,
    }
}

/// Whether the one remove takes all that the other takes.
fn covers(more: &Removes, less: &Removes) -> bool {
    match less {
        Removes::Nothing => true,
        Removes::One(element) => takes(more, element),
        Removes::All | Removes::AllTo(_) => more == less,
    }
}

/// The adds, removes and clears of a set that count.
pub(super) struct SetReading<'a> {
    adds: Vec<(&'a Entry<'a>, Element)>,
    removes: Vec<(&'a Entry<'a>, Removes)>,
}

impl SetReading<'_> {
    /// Whether the add of an element by an entry counts.
    pub(super) fn counts(&self, entry: &Entry<'_>, element: &Element) -> bool {
        let mut adds = self.adds.iter();
        adds.any(|(add, of)| std::ptr::eq(*add, entry) && of == element)
    }

    /// The latest wall clock at which an element was removed by an event that is none of these.
    pub(super) fn removed_beyond(
        &self,
        element: &Element,
        sources: &BTreeSet<Hash>,
    ) -> Option<u64> {
        let beyond = self
            .removes
            .iter()
            .filter(|(entry, what)| takes(what, element) && !sources.contains(&entry.fact.hash));
        beyond.map(|(entry, _)| entry.fact.wall).max()
    }

    /// The elements shown: those with an add that counts, was not redacted, and that nothing `hides`.
    pub(super) fn shown(&self, hides: impl Fn(&Hash, &Element) -> bool) -> BTreeSet<Element> {
        let gone = |add: &(&Entry<'_>, Element)| {
            let same = |other: &(&Entry<'_>, Element)| {
                other.1 == add.1 && other.0.place() == add.0.place()
            };
            self.adds
                .iter()
                .any(|other| same(other) && other.0.redacted)
        };
        let hidden = |add: &(&Entry<'_>, Element)| hides(&add.0.fact.hash, &add.1);
        let shown = self.adds.iter().filter(|add| !gone(add) && !hidden(add));
        shown.map(|(_, element)| element.clone()).collect()
    }

    pub(super) fn keep(&self, part: &str, kept: &mut Kept) {
        let mut keep = |what: String, hash| {
            kept.entry(format!("{part} {what}"))
                .or_default()
                .insert(hash);
        };
        for (entry, element) in &self.adds {
            keep(format!("+{}", element_name(element)), entry.fact.hash);
        }
        for (entry, removes) in &self.removes {
            let what = match removes {
                Removes::One(element) => format!("-{}", element_name(element)),
                Removes::AllTo(target) => format!("--{target}"),
                Removes::All | Removes::Nothing => "--".to_owned(),
            };
            keep(what, entry.fact.hash);
        }
    }
}

/// How [`Kept`] names an element.
pub(crate) fn element_name((name, link_type): &Element) -> String {
    format!("{name}|{link_type}")
}
