//! The oracle: what a reader must see of an item, by definition over the list of everything known.
//! Nothing is joined, nothing is pruned, and no code is shared with the state.

mod condense;
mod legacy;
mod sets;
mod view;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use self::sets::element_name;
pub(crate) use self::view::hash_text;
use crate::fact::{Fact, Hash, Reading};

/// One thing known of an item.
pub(crate) struct Entry<'a> {
    /// What it says.
    pub fact: &'a Fact,
    /// The number of the event whose stamp it carries.
    pub stamp: usize,
    /// Whether its text was taken away.
    pub redacted: bool,
    /// Whether the event counts as folded in; writes that came without do not.
    pub covered: bool,
}

/// Everything known of an item.
pub(crate) struct Known<'a> {
    /// The item.
    pub item: &'a str,
    /// What was written.
    pub entries: Vec<Entry<'a>>,
    /// Events that somebody claimed were folded in, and said nothing of.
    pub claims: BTreeSet<Hash>,
    /// The redactions known.
    pub redactions: &'a BTreeSet<Hash>,
    /// Whether one stamp is below or equal another; `None` where stamps are not looked at.
    pub leq: Option<&'a dyn Fn(usize, usize) -> bool>,
}

/// Where a write stands when it is read.
type Place<'a> = (u64, &'a str, Hash);

impl Entry<'_> {
    fn place(&self) -> Place<'_> {
        (self.fact.wall, &self.fact.agent, self.fact.hash)
    }

    fn reading(&self) -> &Reading {
        &self.fact.reading
    }
}

/// The writes that the state of each part must still hold, and no others: part, then events.
pub(crate) type Kept = BTreeMap<String, BTreeSet<Hash>>;

impl Known<'_> {
    /// Knows strictly more.
    fn is_after(&self, a: &Entry<'_>, b: &Entry<'_>) -> bool {
        self.leq
            .is_some_and(|leq| leq(b.stamp, a.stamp) && !leq(a.stamp, b.stamp))
    }

    fn is_level(&self, a: &Entry<'_>, b: &Entry<'_>) -> bool {
        self.leq
            .is_none_or(|leq| leq(b.stamp, a.stamp) && leq(a.stamp, b.stamp))
    }

    /// `a` is outdone by `b`.
    fn precedes(&self, a: &Entry<'_>, b: &Entry<'_>) -> bool {
        self.is_after(b, a) || (self.is_level(a, b) && a.place() < b.place())
    }

    /// `remove` knew of `add`.
    fn observes(&self, remove: &Entry<'_>, add: &Entry<'_>) -> bool {
        match self.leq {
            Some(_) => self.is_after(remove, add),
            None => add.place() < remove.place(),
        }
    }

    /// The writes of a register that no other outdoes.
    fn kept<V>(&self, write: impl Fn(&Reading) -> Option<V>) -> Vec<(&Entry<'_>, V)> {
        let writes: Vec<_> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry, write(entry.reading())?)))
            .collect();
        let facts: Vec<&Entry<'_>> = writes.iter().map(|(entry, _)| *entry).collect();
        let counts = |entry: &Entry<'_>| !facts.iter().any(|other| self.precedes(entry, other));
        let kept = writes.into_iter().filter(|(entry, _)| counts(entry));
        kept.collect()
    }

    /// What is read: nothing written, or what the last write says, where redacted says nothing.
    /// Several values in the last place are a forgery: the greatest is shown.
    #[allow(clippy::option_option)]
    fn register<V: Ord>(&self, write: impl Fn(&Reading) -> Option<V>) -> Option<Option<V>> {
        let mut kept = self.kept(write);
        kept.sort_by(|(a, v), (b, w)| (a.place(), v).cmp(&(b.place(), w)));
        let (last, value) = kept.pop()?;
        let gone = |entry: &Entry<'_>| entry.redacted && entry.place() == last.place();
        let redacted = gone(last) || kept.iter().any(|(entry, _)| gone(entry));
        Some((!redacted).then_some(value))
    }

    /// One entry for each event, with the greatest of its texts, or nothing where redacted.
    fn texts<K: Ord, V: Ord>(
        &self,
        text: impl Fn(&Reading) -> Option<(K, V)>,
    ) -> BTreeMap<(Place<'_>, K), Option<V>> {
        let mut texts = BTreeMap::new();
        for entry in &self.entries {
            if let Some((key, text)) = text(entry.reading()) {
                let (redacted, held) = texts
                    .entry((entry.place(), key))
                    .or_insert((false, None::<V>));
                *redacted |= entry.redacted;
                *held = Some(text).max(held.take());
            }
        }
        let shown = texts.into_iter();
        shown
            .map(|(key, (redacted, text))| (key, text.filter(|_| !redacted)))
            .collect()
    }

    /// Phase and epoch: of the moves that no move still to come is causally before, the first by
    /// wall clock, agent and hash comes next.
    fn lifecycle(&self) -> (usize, u64) {
        let mut moves: Vec<(&Entry<'_>, usize)> = Vec::new();
        for entry in &self.entries {
            if let Some((phase, _)) = entry.reading().moved
                && !moves
                    .iter()
                    .any(|(m, p)| m.place() == entry.place() && *p == phase)
            {
                moves.push((entry, phase));
            }
        }
        let (mut phase, mut epoch) = (0, 0);
        let mut standings = self.standings().into_iter().peekable();
        loop {
            let free = |m: &Entry<'_>| !moves.iter().any(|(other, _)| self.is_after(m, other));
            let next = (0..moves.len())
                .filter(|n| moves.get(*n).is_some_and(|(m, _)| free(m)))
                .min_by_key(|n| moves.get(*n).map(|(m, p)| (m.place(), *p)));
            // Snapshots by bones have taken the moves up to the clock of their latest source.
            let now = next.and_then(|n| moves.get(n)).map(|(m, _)| m.fact.wall);
            while let Some((_, e, p)) =
                standings.next_if(|(at, ..)| now.is_none_or(|now| *at < now))
            {
                (epoch, phase) = (epoch, phase).max((e, p));
            }
            let Some(next) = next else {
                return (phase, epoch);
            };
            let (_, target) = moves.remove(next);
            epoch += u64::from(target < phase);
            phase = target;
        }
    }

    /// The writes that a state must hold.
    pub(crate) fn writes(&self) -> Kept {
        fn keep<V>(kept: &mut Kept, part: &str, writes: Vec<(&Entry<'_>, V)>) {
            for (entry, _) in writes {
                kept.entry(part.to_owned())
                    .or_default()
                    .insert(entry.fact.hash);
            }
        }
        let mut all = Kept::new();
        keep(&mut all, "title", self.kept(|r| r.title.clone()));
        keep(
            &mut all,
            "description",
            self.kept(|r| r.description.clone()),
        );
        keep(&mut all, "kind", self.kept(|r| r.kind));
        keep(&mut all, "size", self.kept(|r| r.size));
        keep(&mut all, "urgency", self.kept(|r| r.urgency));
        keep(&mut all, "parent", self.kept(|r| r.parent.clone()));
        keep(&mut all, "deleted", self.kept(|r| r.deleted.then_some(())));
        keep(&mut all, "summary", self.kept(|r| r.summary.clone()));
        self.set(|r| &r.labels).keep("labels", &mut all);
        self.set(|r| &r.assignees).keep("assignees", &mut all);
        self.set(|r| &r.links).keep("links", &mut all);
        all
    }
}
