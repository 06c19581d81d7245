//! The set form of logs whose removes do not list what they observed.
//!
//! A bones log says "remove label x", not "remove the adds I saw". Whether a remove observed an
//! add is therefore a predicate of the two events alone ([`WriteKey::observes`]), never of what
//! some replica had seen when it applied them: that would make state depend on order.
//!
//! The state keeps, per element, the maximal adds and the maximal removes, and beside them the
//! maximal *clears*, each of which removes every element it observes. An element is in the set iff
//! some add of it is observed by no remove of it and by no clear.
//!
//! # Normal form
//!
//! 1. Adds of one element form an antichain, as do removes of one element, as do clears.
//! 2. No add is observed by a remove of its element or by a clear.
//! 3. No remove precedes or equals a clear.
//!
//! What the normal form drops can never matter again: whatever observes a write also observes
//! every write below it, and whatever a smaller remove observes, the greater one does. So the
//! normal form of a union is the normal form of the union of normal forms, which is why [`join`]
//! is associative.
//!
//! Elements are keyed by a hash and the text is a cell under each add, so that redaction can take
//! the text away and leave the structure as it was.
//!
//! [`join`]: JoinSemilattice::join

use std::cmp::Ordering;

use lattice_core::{Antichain, Bottom, Cell, JoinSemilattice, Map, Ranked};
use lattice_lww::{Stamp, Write, WriteKey};

use crate::event::{AgentId, Text};
use crate::hash::{Domain, EventHash};

/// The key of a write in a bones log: stamp, clamped wall clock, agent, event hash.
pub type Key<S> = WriteKey<S, AgentId>;

/// A key as maps are ordered by: by event hash first, then by everything else. Not an order of
/// time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHash<S: Stamp>(pub Key<S>);

impl<S: Stamp> Ord for ByHash<S> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.canonical_cmp(&other.0)
    }
}

impl<S: Stamp> PartialOrd for ByHash<S> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What stands for an element where its text may have been redacted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ElementId(pub [u8; 32]);

/// Something that can be a member of an [`ObservedSet`].
pub trait Element: Ord + Clone + std::fmt::Debug {
    /// The id of the element: a hash under a domain of its own, equal for equal elements only.
    fn id(&self) -> ElementId;
}

static MEMBERS: Domain = Domain::new("bones-snapshot 1 set member");
static TARGETS: Domain = Domain::new("bones-snapshot 1 link target");
static LINKS: Domain = Domain::new("bones-snapshot 1 link");

/// A hash of length-prefixed parts, so that no two lists of parts meet.
fn element_id(domain: &Domain, parts: &[&str]) -> ElementId {
    let mut hasher = domain.hasher();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    ElementId(*hasher.finalize().as_bytes())
}

impl Element for Text {
    fn id(&self) -> ElementId {
        element_id(&MEMBERS, &[self])
    }
}

/// One link: the item linked to and the type of the link, as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// The item linked to.
    pub target: Text,
    /// The type of the link, as written.
    pub link_type: Text,
}

impl Link {
    /// The id that all links to one target share.
    pub fn target_id(target: &str) -> ElementId {
        element_id(&TARGETS, &[target])
    }
}

impl Element for Link {
    fn id(&self) -> ElementId {
        element_id(&LINKS, &[&self.target, &self.link_type])
    }
}

/// The adds of one element that still count.
pub type Adds<T, S> = Antichain<Write<T, S, AgentId>>;
/// Removes of one element, or clears of a whole set.
pub type Removes<S> = Antichain<Key<S>>;

/// A set under observed-remove semantics by predicate.
///
/// Adds, removes of one element, and clears of all; whether a remove observed an add is a predicate
/// of the two alone ([`WriteKey::observes`]), so state does not depend on the order of arrival.
///
/// # Invariants
///
/// Adds and removes of each element and the clears are antichains; no add is observed by a remove of
/// its element or by a clear; no remove precedes or equals a clear. What this drops can never matter
/// again: whatever observes a write also observes every write below it.
///
/// # Cost
///
/// Joins cost a pass over the smaller side, and per element of it the comparison of its adds with its
/// removes and the clears: one each with honest clocks. A join that brings a clear compares all
/// elements with it. Where elements come or go, the tails of two vectors move.
///
/// ```
/// use bones_snapshot::{Element, EventHash, Key, ObservedSet, Text};
/// use lattice_core::JoinSemilattice;
/// use lattice_lww::Unstamped;
/// let key = |at| Key {
///     stamp: Unstamped, wall_ts: at, agent_id: "alice".into(), event_hash: EventHash([at as u8; 32]),
/// };
/// let roof = Text::from("roof");
/// let mut labels = ObservedSet::added(roof.clone(), key(5));
/// labels.join(ObservedSet::cleared(key(4))); // before the add: observed nothing
/// assert_eq!(labels.elements(), [&roof]);
/// labels.join(ObservedSet::removed(roof.id(), key(6)));
/// assert!(labels.elements().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedSet<T: Element, S: Stamp> {
    adds: Map<ElementId, Adds<T, S>>,
    removes: Map<ElementId, Removes<S>>,
    clears: Removes<S>,
}

impl<T: Element, S: Stamp> ObservedSet<T, S> {
    /// The state after one add.
    pub fn added(element: T, key: Key<S>) -> Self {
        let mut set = Self::bottom();
        let id = element.id();
        let write = Write {
            key,
            cell: Cell::Present(element),
        };
        set.adds.join_entry(id, Antichain::singleton(write));
        set
    }

    /// The state after one remove of one element.
    pub fn removed(element: ElementId, key: Key<S>) -> Self {
        let mut set = Self::bottom();
        set.removes.join_entry(element, Antichain::singleton(key));
        set
    }

    /// The state after one remove of everything.
    pub fn cleared(key: Key<S>) -> Self {
        let mut set = Self::bottom();
        set.clears = Antichain::singleton(key);
        set
    }

    /// The elements in the set, in order. An element all of whose adds are redacted is not shown.
    ///
    /// Costs O(n log n) in the number of adds.
    pub fn elements(&self) -> Vec<&T> {
        let mut elements: Vec<&T> = self
            .adds
            .values()
            .flat_map(|adds| adds.iter().filter_map(|add| add.cell.present()))
            .collect();
        elements.sort_unstable();
        elements.dedup();
        elements
    }

    /// The adds that count, by element.
    pub fn adds(&self) -> &Map<ElementId, Adds<T, S>> {
        &self.adds
    }

    /// The removes that count, by element.
    pub fn removes(&self) -> &Map<ElementId, Removes<S>> {
        &self.removes
    }

    /// The clears that count.
    pub fn clears(&self) -> &Removes<S> {
        &self.clears
    }

    /// Builds a set from its three parts; `None` when they are not in normal form or a text does
    /// not belong to the id it stands under.
    pub fn from_canonical(
        adds: Map<ElementId, Adds<T, S>>,
        removes: Map<ElementId, Removes<S>>,
        clears: Removes<S>,
    ) -> Option<Self> {
        let texts_fit = adds.iter().all(|(id, adds)| {
            adds.iter()
                .all(|add| add.cell.present().is_none_or(|text| text.id() == *id))
        });
        let set = Self {
            adds,
            removes,
            clears,
        };
        let non_empty =
            set.adds.values().all(|a| !a.is_empty()) && set.removes.values().all(|r| !r.is_empty());
        (texts_fit && non_empty && set.is_normal()).then_some(set)
    }

    /// Puts a set together from parts in normal form whose texts belong to their ids.
    pub(crate) fn from_normal(
        adds: Map<ElementId, Adds<T, S>>,
        removes: Map<ElementId, Removes<S>>,
        clears: Removes<S>,
    ) -> Self {
        let set = Self {
            adds,
            removes,
            clears,
        };
        debug_assert!(set.is_normal(), "parts in normal form");
        set
    }

    /// Redacts the text of every add whose event the predicate names. True iff a text went.
    pub fn redact(&mut self, redacted: &impl Fn(&EventHash) -> bool) -> bool {
        let mut changed = false;
        for adds in self.adds.values_mut() {
            adds.for_each_mut(|add| {
                if redacted(&add.key.event_hash) {
                    changed |= add.cell.redact();
                }
            });
        }
        changed
    }

    /// Calls `f` with the key of every write held.
    pub fn for_each_key<'a>(&'a self, f: &mut impl FnMut(&'a Key<S>)) {
        self.adds
            .values()
            .flat_map(Antichain::iter)
            .for_each(|add| f(&add.key));
        self.removes
            .values()
            .flat_map(Antichain::iter)
            .chain(self.clears.iter())
            .for_each(f);
    }

    fn add_is_dead(&self, id: &ElementId, add: &Key<S>) -> bool {
        let observed = |removes: &Removes<S>| removes.iter().any(|r| r.observes(add));
        observed(&self.clears) || self.removes.get(id).is_some_and(observed)
    }

    fn remove_is_redundant(&self, remove: &Key<S>) -> bool {
        self.clears
            .iter()
            .any(|c| remove.precedes(c) || remove == c)
    }

    fn is_normal(&self) -> bool {
        self.adds
            .iter()
            .all(|(id, adds)| adds.iter().all(|add| !self.add_is_dead(id, &add.key)))
            && self
                .removes
                .values()
                .all(|removes| removes.iter().all(|r| !self.remove_is_redundant(r)))
    }

    /// Restores rules 2 and 3 for all elements.
    fn normalize(&mut self) {
        if self.is_normal() {
            return;
        }
        // SUBTLE: adds first, against all removes. A remove dropped below was redundant under a
        // clear that observes at least as much, so the order does not change the result, but
        // `self.removes` must still be whole when the adds are judged against it.
        let mut adds = std::mem::take(&mut self.adds);
        adds.retain(|id, adds| self.keep_live(id, adds));
        self.adds = adds;
        let mut removes = std::mem::take(&mut self.removes);
        removes.retain(|_, removes| self.keep_needed(removes));
        self.removes = removes;
    }

    /// Restores rules 2 and 3 for these elements.
    fn normalize_elements(&mut self, elements: &[ElementId]) {
        let mut emptied = false;
        let mut adds = std::mem::take(&mut self.adds);
        for id in elements {
            if let Some(adds) = adds.get_mut(id) {
                emptied |= !self.keep_live(id, adds);
            }
        }
        let mut removes = std::mem::take(&mut self.removes);
        for id in elements {
            if let Some(removes) = removes.get_mut(id) {
                emptied |= !self.keep_needed(removes);
            }
        }
        if emptied {
            adds.retain(|_, adds| !adds.is_empty());
            removes.retain(|_, removes| !removes.is_empty());
        }
        (self.adds, self.removes) = (adds, removes);
    }

    /// Drops the adds of an element that nothing shows any more. True iff some are left.
    fn keep_live(&self, id: &ElementId, adds: &mut Adds<T, S>) -> bool {
        if adds.iter().any(|add| self.add_is_dead(id, &add.key)) {
            let all = std::mem::take(adds).into_iter();
            *adds = all.filter(|add| !self.add_is_dead(id, &add.key)).collect();
        }
        !adds.is_empty()
    }

    /// Drops the removes of an element that a clear stands for. True iff some are left.
    fn keep_needed(&self, removes: &mut Removes<S>) -> bool {
        if removes.iter().any(|r| self.remove_is_redundant(r)) {
            let all = std::mem::take(removes).into_iter();
            *removes = all.filter(|r| !self.remove_is_redundant(r)).collect();
        }
        !removes.is_empty()
    }
}

impl<T: Element, S: Stamp> JoinSemilattice for ObservedSet<T, S> {
    fn join(&mut self, other: Self) -> bool {
        if other.is_bottom() {
            return false;
        }
        if self.is_bottom() {
            *self = other;
            return true;
        }
        let grew = !other.leq(self);
        if grew {
            let elements: Vec<ElementId> = other
                .adds
                .keys()
                .chain(other.removes.keys())
                .copied()
                .collect();
            self.adds.join(other.adds);
            self.removes.join(other.removes);
            // INVARIANT: rules 2 and 3 of the normal form. Only a clear bears on elements that the
            // other side does not name.
            if self.clears.join(other.clears) {
                self.normalize();
            } else {
                self.normalize_elements(&elements);
            }
        }
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        let clears = self
            .clears
            .iter()
            .all(|c| other.clears.iter().any(|d| c.precedes(d) || c == d));
        let removes = self.removes.iter().all(|(id, removes)| {
            let held = other.removes.get(id);
            removes.iter().all(|r| {
                other.remove_is_redundant(r)
                    || held.is_some_and(|h| h.iter().any(|s| r.precedes(s) || r == s))
            })
        });
        let adds = self.adds.iter().all(|(id, adds)| {
            let held = other.adds.get(id);
            adds.iter().all(|add| {
                other.add_is_dead(id, &add.key)
                    || held.is_some_and(|h| {
                        h.iter().any(|b| {
                            add.precedes(b) || (add.same_identity(b) && add.payload_leq(b))
                        })
                    })
            })
        });
        clears && removes && adds
    }
}

impl<T: Element, S: Stamp> Bottom for ObservedSet<T, S> {
    fn bottom() -> Self {
        Self {
            adds: Map::new(),
            removes: Map::new(),
            clears: Antichain::new(),
        }
    }

    fn is_bottom(&self) -> bool {
        self.adds.is_empty() && self.removes.is_empty() && self.clears.is_empty()
    }
}
