//! Everything that is shown of an item, as JSON.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::{Known, Place};
use crate::fact::{Element, Hash, KINDS, PHASES, SIZES, URGENCIES};

impl Known<'_> {
    /// The JSON view of the item: every key of it.
    pub(crate) fn view(&self) -> Value {
        let (phase, epoch) = self.lifecycle();
        let links = self.members_shown(|r| &r.links, |s| &s.links);
        let targets = |types: &[&str]| -> BTreeSet<&String> {
            let of_type = links.iter().filter(|(_, t)| types.contains(&&**t));
            of_type.map(|(target, _)| target).collect()
        };
        let names = |shown: BTreeSet<Element>| -> Vec<String> {
            shown.into_iter().map(|(name, _)| name).collect()
        };
        let word = |words: &'static [&'static str]| move |n: usize| words.get(n).copied();
        let entered = || self.entries.iter().map(|entry| entry.fact.wall);
        let written = || entered().chain(self.times_said());
        let covered = || self.entries.iter().filter(|entry| entry.covered);
        let coverage = self.coverage();
        let targeted = self.entries.iter().filter_map(|e| e.reading().redacts);
        let known = coverage.intersection(self.redactions).copied();
        let redacted: BTreeSet<String> = targeted.chain(known).map(|h| hash_text(&h)).collect();
        let title = self.register(|r| r.title.clone());
        let kind = self.register(|r| r.kind).unwrap_or(Some(0));
        let urgency = self.register(|r| r.urgency).unwrap_or(Some(1));
        let size = self.register(|r| r.size).flatten().flatten();
        let mut view = json!({
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
            "labels": names(self.members_shown(|r| &r.labels, |s| &s.labels)),
            "assignees": names(self.members_shown(|r| &r.assignees, |s| &s.assignees)),
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
        });
        let legacy = self.legacy();
        if let (false, Some(view)) = (legacy.is_empty(), view.as_object_mut()) {
            view.insert("legacy".to_owned(), legacy.into());
        }
        view
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
        let mut texts = self.texts(|r| Some(((), r.rest.as_ref()?.to_string())));
        for (entry, condensed) in self.condensed_entries() {
            // Of a redacted one nobody can tell whether something was left over.
            if entry.redacted {
                texts.insert((entry.place(), ()), None);
            } else if let Some(rest) = &condensed.rest {
                texts.insert((entry.place(), ()), Some(rest.to_string()));
            }
        }
        let shown = texts.into_iter().map(|((place, ()), rest)| {
            let rest = rest.and_then(|rest| serde_json::from_str(&rest).ok());
            let rest = rest.unwrap_or(json!({"type": null, "data": null}));
            origin(place, rest)
        });
        shown.collect()
    }
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
