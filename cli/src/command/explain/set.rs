//! Which elements a set shows, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bones_snapshot::{AgentId, Element, ElementId, Key, ObservedSet, Order, format_hash};
use data_encoding::HEXLOWER;
use lattice_lww::Write;
use serde::Serialize;

use super::entry::{Entry, Tuple};
use crate::terminal::one_line;

/// What counts in a set: visible adds, removes and clears, and adds that no longer count.
#[derive(Serialize)]
pub(super) struct Members {
    adds: Vec<Entry>,
    removes: Vec<Removed>,
    clears: Vec<Tuple>,
    /// Adds still held as lines, with the event that took them away.
    gone: Vec<Gone>,
}

/// A remove of one element.
#[derive(Serialize)]
struct Removed {
    #[serde(flatten)]
    key: Tuple,
    /// The element; the beginning of its id when no add of it is at hand.
    element: String,
}

/// An add that does not count.
#[derive(Serialize)]
struct Gone {
    #[serde(flatten)]
    entry: Entry,
    /// Hash of the event that took it away.
    by: String,
    /// How.
    how: &'static str,
}

impl Members {
    /// Explains sets that together are one field; `past` are the sets of single events.
    pub(super) fn of<'a, T: Element + 'a, S: Order>(
        sets: impl IntoIterator<Item = &'a ObservedSet<T, S>>,
        past: impl Iterator<Item = &'a ObservedSet<T, S>>,
        show: fn(&T) -> String,
    ) -> Self {
        let sets: Vec<_> = sets.into_iter().collect();
        let past: Vec<_> = past.collect();
        let entry = |write: &Write<T, S, AgentId>| Entry {
            key: Tuple::of(&write.key),
            value: write.value().map(show),
        };
        let adds = || sets.iter().flat_map(|set| adds(set));
        let held: BTreeSet<_> = adds().map(|(id, add)| (*id, add.key.event_hash)).collect();
        let past_adds = || past.iter().flat_map(|set| self::adds(set));
        let names: BTreeMap<ElementId, String> = adds()
            .chain(past_adds())
            .filter_map(|(id, add)| Some((*id, show(add.value()?))))
            .collect();
        let name = |id: &ElementId| names.get(id).cloned().unwrap_or_else(|| unnamed(id));
        let gone = past_adds()
            .filter(|(id, add)| !held.contains(&(**id, add.key.event_hash)))
            .filter_map(|(id, add)| {
                let (by, how) = sets.iter().find_map(|set| taken_by(set, id, &add.key))?;
                Some(Gone {
                    entry: entry(add),
                    by: format_hash(&by.event_hash),
                    how,
                })
            });
        let removes = sets.iter().flat_map(|set| set.removes().iter());
        let removes = removes.flat_map(|(id, keys)| keys.iter().map(move |key| (id, key)));
        Self {
            gone: gone.collect(),
            adds: adds().map(|(_, add)| entry(add)).collect(),
            removes: removes
                .map(|(id, key)| Removed {
                    key: Tuple::of(key),
                    element: name(id),
                })
                .collect(),
            clears: sets
                .iter()
                .flat_map(|set| set.clears().iter())
                .map(Tuple::of)
                .collect(),
        }
    }
}

fn adds<T: Element, S: Order>(
    set: &ObservedSet<T, S>,
) -> impl Iterator<Item = (&ElementId, &Write<T, S, AgentId>)> {
    let adds = set.adds().iter();
    adds.flat_map(|(id, adds)| adds.iter().map(move |add| (id, add)))
}

/// The write of the set that an add does not count for, and how.
fn taken_by<'a, T: Element, S: Order>(
    set: &'a ObservedSet<T, S>,
    id: &ElementId,
    add: &Key<S>,
) -> Option<(&'a Key<S>, &'static str)> {
    let of_element = set
        .removes()
        .get(id)
        .into_iter()
        .flat_map(|keys| keys.iter());
    let of_element = of_element.map(|key| (key, "removed"));
    let of_all = set.clears().iter().map(|key| (key, "cleared"));
    let observed = of_element.chain(of_all).find(|(key, _)| key.observes(add));
    observed.or_else(|| {
        let later = set.adds().get(id)?.iter();
        let mut later = later.map(|write| &write.key);
        later
            .find(|key| add.precedes(key))
            .map(|key| (key, "added again"))
    })
}

/// What is shown of an element whose text is not at hand.
fn unnamed(id: &ElementId) -> String {
    let id: String = HEXLOWER.encode(&id.0).chars().take(12).collect();
    format!("element {id}")
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.adds.is_empty() {
            writeln!(f, "\n  nothing is in it")?;
        }
        for add in &self.adds {
            writeln!(f, "\n  shows   {add}")?;
        }
        for gone in &self.gone {
            writeln!(f, "\n  gone    {}", gone.entry)?;
            writeln!(f, "          {} by {}", gone.how, gone.by)?;
        }
        for remove in &self.removes {
            writeln!(
                f,
                "\n  removes {}\n          {}",
                one_line(&remove.element),
                remove.key
            )?;
        }
        for clear in &self.clears {
            writeln!(f, "\n  clears  everything it knew of\n          {clear}")?;
        }
        writeln!(
            f,
            "\nAn add shows unless a remove of its element, or a clear, knew of it."
        )
    }
}
