//! The oracle: what a reader must see of an item, by definition over the list of everything known.
//! Nothing is joined, nothing is pruned, and no code is shared with the state.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::fact::{Element, Fact, Hash, KINDS, PHASES, Reading, Removes, SIZES, SetOps, URGENCIES};

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
        let outdone: Vec<bool> = writes
            .iter()
            .map(|(entry, _)| writes.iter().any(|(other, _)| self.precedes(entry, other)))
            .collect();
        let kept = writes.into_iter().zip(outdone);
        kept.filter_map(|(write, outdone)| (!outdone).then_some(write))
            .collect()
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

    /// Adds that count, each with its element; removes that count; clears that count.
    fn set(&self, ops: impl Fn(&Reading) -> &SetOps) -> SetReading<'_> {
        let mut adds: Vec<(&Entry<'_>, Element)> = Vec::new();
        let mut removes: Vec<(&Entry<'_>, &Removes)> = Vec::new();
        for entry in &self.entries {
            let ops = ops(entry.reading());
            adds.extend(ops.adds.iter().map(|element| (entry, element.clone())));
            if ops.removes != Removes::Nothing {
                removes.push((entry, &ops.removes));
            }
        }
        let removed = |entry: &Entry<'_>, element: &Element| {
            removes
                .iter()
                .any(|(remove, what)| takes(what, element) && self.observes(remove, entry))
        };
        let outdone = |entry: &Entry<'_>, element: &Element| {
            adds.iter()
                .any(|(other, e)| e == element && self.precedes(entry, other))
        };
        let live = |(entry, element): &(&Entry<'_>, Element)| {
            !removed(entry, element) && !outdone(entry, element)
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
        loop {
            let free = |m: &Entry<'_>| !moves.iter().any(|(other, _)| self.is_after(m, other));
            let next = (0..moves.len())
                .filter(|n| moves.get(*n).is_some_and(|(m, _)| free(m)))
                .min_by_key(|n| moves.get(*n).map(|(m, p)| (m.place(), *p)));
            let Some(next) = next else {
                return (phase, epoch);
            };
            let (_, target) = moves.remove(next);
            epoch += u64::from(target < phase);
            phase = target;
        }
    }

    /// The JSON view of the item: every key of it.
    pub(crate) fn view(&self) -> Value {
        let (phase, epoch) = self.lifecycle();
        let links = self.set(|r| &r.links).shown();
        let targets = |types: &[&str]| -> BTreeSet<&String> {
            let of_type = links.iter().filter(|(_, t)| types.contains(&&**t));
            of_type.map(|(target, _)| target).collect()
        };
        let names = |set: SetReading<'_>| -> Vec<String> {
            set.shown().into_iter().map(|(name, _)| name).collect()
        };
        let word = |words: &'static [&'static str]| move |n: usize| words.get(n).copied();
        let written = || self.entries.iter().map(|entry| entry.fact.wall);
        let covered = || self.entries.iter().filter(|entry| entry.covered);
        let mut coverage: BTreeSet<Hash> = covered().map(|entry| entry.fact.hash).collect();
        coverage.extend(&self.claims);
        let targeted = self.entries.iter().filter_map(|e| e.reading().redacts);
        let known = coverage.intersection(self.redactions).copied();
        let redacted: BTreeSet<String> = targeted.chain(known).map(|h| hash_text(&h)).collect();
        let title = self.register(|r| r.title.clone());
        let kind = self.register(|r| r.kind).unwrap_or(Some(0));
        let urgency = self.register(|r| r.urgency).unwrap_or(Some(1));
        let size = self.register(|r| r.size).flatten().flatten();
        json!({
            "item_id": self.item,
            "title": title.unwrap_or_else(|| Some(String::new())),
            "description": self.register(|r| r.description.clone()).flatten().flatten(),
            "kind": kind.and_then(word(&KINDS)),
            "size": size.and_then(word(&SIZES)),
            "urgency": urgency.and_then(word(&URGENCIES)),
            "parent": self.register(|r| r.parent.clone()).flatten().flatten(),
            "deleted": self.entries.iter().any(|entry| entry.reading().deleted),
            "phase": PHASES.get(phase),
            "epoch": epoch,
            "labels": names(self.set(|r| &r.labels)),
            "assignees": names(self.set(|r| &r.assignees)),
            "blocked_by": targets(&["blocks", "blocked_by"]),
            "related_to": targets(&["related_to", "related", "relates"]),
            "links": links.iter()
                .map(|(target, link_type)| json!({"target": target, "link_type": link_type}))
                .collect::<Vec<_>>(),
            "comments": self.comments(),
            "moves": self.moves(),
            "created_at": written().filter(|wall| *wall > 0).min().unwrap_or(0),
            "updated_at": written().max().unwrap_or(0),
            "compact_summary": self.register(|r| r.summary.clone()).flatten(),
            "other": self.other(),
            "redacted": redacted,
            "compacted_from": coverage.len(),
            "earliest_ts": covered().map(|entry| entry.fact.wall).min().unwrap_or(0),
            "latest_ts": covered().map(|entry| entry.fact.wall).max().unwrap_or(0),
        })
    }

    fn comments(&self) -> Vec<Value> {
        let texts = self.texts(|r| Some(((), r.comment.clone()?)));
        let shown = texts.into_iter();
        shown
            .map(|((place, ()), body)| origin(place, json!({"body": body})))
            .collect()
    }

    fn moves(&self) -> Vec<Value> {
        let texts = self.texts(|r| r.moved.clone());
        let shown = texts.into_iter().map(|((place, phase), reason)| {
            origin(
                place,
                json!({"state": PHASES.get(phase), "reason": reason.flatten()}),
            )
        });
        shown.collect()
    }

    fn other(&self) -> Vec<Value> {
        let texts = self.texts(|r| Some(((), r.rest.as_ref()?.to_string())));
        let shown = texts.into_iter().map(|((place, ()), rest)| {
            let rest = rest.and_then(|rest| serde_json::from_str(&rest).ok());
            let rest = rest.unwrap_or(json!({"type": null, "data": null}));
            origin(place, rest)
        });
        shown.collect()
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
struct SetReading<'a> {
    adds: Vec<(&'a Entry<'a>, Element)>,
    removes: Vec<(&'a Entry<'a>, Removes)>,
}

impl SetReading<'_> {
    /// The elements shown: those with an add that counts and was not redacted.
    fn shown(&self) -> BTreeSet<Element> {
        let gone = |add: &(&Entry<'_>, Element)| {
            let same = |other: &(&Entry<'_>, Element)| {
                other.1 == add.1 && other.0.place() == add.0.place()
            };
            self.adds
                .iter()
                .any(|other| same(other) && other.0.redacted)
        };
        let shown = self.adds.iter().filter(|add| !gone(add));
        shown.map(|(_, element)| element.clone()).collect()
    }

    fn keep(&self, part: &str, kept: &mut Kept) {
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

/// How hashes are shown.
pub(crate) fn hash_text(hash: &Hash) -> String {
    format!("blake3:{}", BASE64URL_NOPAD.encode(hash))
}

fn origin((wall, agent, hash): Place<'_>, rest: Value) -> Value {
    let mut shown = json!({"hash": hash_text(&hash), "author": agent, "wall_ts": wall});
    if let (Some(shown), Value::Object(rest)) = (shown.as_object_mut(), rest) {
        shown.extend(rest);
    }
    shown
}
