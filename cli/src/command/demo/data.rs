//! What an event says.

use std::collections::BTreeSet;

use bones_snapshot::{EventHash, format_hash};
use serde_json::{Value, json};

use super::plan::{SECOND, Step};
use super::random::Random;
use super::text;

/// Type and data of an event.
pub(super) type Said = (&'static str, Value);

/// What is known of one item while its events are made up.
#[derive(Default)]
pub(super) struct Item {
    pub(super) id: String,
    /// The event written last.
    pub(super) last: Option<EventHash>,
    /// The event that a redact event is to take back.
    pub(super) blunder: Option<EventHash>,
    labels: BTreeSet<&'static str>,
    assignees: BTreeSet<String>,
    links: Vec<(String, &'static str)>,
}

impl Item {
    pub(super) fn new(id: String) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }
}

/// What a step can refer to.
pub(super) struct Scene {
    /// An agent.
    pub(super) whose: String,
    /// An item.
    pub(super) other: String,
    /// What nobody should paste.
    pub(super) secret: Option<String>,
}

impl Step {
    /// What the event says, or `None` when there is nothing to do it to.
    pub(super) fn say(self, item: &mut Item, scene: &Scene, random: &mut Random) -> Option<Said> {
        self.of_field(scene, random)
            .or_else(|| self.of_life(item, scene, random))
            .or_else(|| self.of_set(item, scene, random))
    }

    /// Steps that write fields.
    fn of_field(self, scene: &Scene, random: &mut Random) -> Option<Said> {
        let (field, value): (_, Value) = match self {
            Self::Create => return Some(("item.create", create(random))),
            Self::Retitle => ("title", text::title(random).into()),
            Self::Describe => {
                let sentences = random.between(3, 12);
                ("description", text::prose(random, sentences).into())
            }
            Self::Estimate => ("size", random.pick(&["xs", "s", "m", "l", "xl"]).into()),
            Self::Prioritise => (
                "urgency",
                random.pick(&["urgent", "default", "punt"]).into(),
            ),
            Self::Adopt => ("parent", scene.other.clone().into()),
            _ => return None,
        };
        Some(("item.update", json!({"field": field, "value": value})))
    }

    /// Steps in the life of an item, and what is said about it on the way.
    fn of_life(self, item: &mut Item, scene: &Scene, random: &mut Random) -> Option<Said> {
        Some(match self {
            Self::Start => ("item.move", json!({"state": "doing"})),
            Self::Finish => (
                "item.move",
                json!({"reason": text::prose(random, 1), "state": "done"}),
            ),
            Self::Archive => ("item.move", json!({"state": "archived"})),
            Self::Reopen => (
                "item.move",
                json!({"reason": "it is back", "state": "open"}),
            ),
            Self::Delete => ("item.delete", json!({"reason": "filed twice"})),
            Self::Comment | Self::Imported => {
                let sentences = random.between(1, 7);
                (
                    "item.comment",
                    json!({"body": text::prose(random, sentences)}),
                )
            }
            Self::Blunder | Self::Leak => {
                let secret = scene.secret.as_ref()?;
                let body = format!("{} Use {secret} to log in.", text::prose(random, 2));
                ("item.comment", json!({"body": body}))
            }
            Self::Redact => {
                let target = format_hash(&item.blunder.take()?);
                (
                    "item.redact",
                    json!({"reason": "a secret", "target_hash": target}),
                )
            }
            Self::Future => {
                let micros = random.between(1, 900).saturating_mul(SECOND);
                ("item.timer", json!({"elapsed_us": micros, "kept": true}))
            }
            _ => return None,
        })
    }

    /// Steps that add to sets and remove from them.
    fn of_set(self, item: &mut Item, scene: &Scene, random: &mut Random) -> Option<Said> {
        let labels = |value: Value| ("item.update", json!({"field": "labels", "value": value}));
        Some(match self {
            Self::Label => {
                let label = text::label(random);
                item.labels.insert(label);
                labels(json!({"action": "add", "label": label}))
            }
            Self::Unlabel => {
                let label = item.labels.pop_first()?;
                labels(json!({"action": "remove", "label": label}))
            }
            Self::ReplaceLabels => {
                item.labels = [text::label(random), text::label(random)].into();
                labels(json!(item.labels))
            }
            Self::Assign => {
                item.assignees.insert(scene.whose.clone());
                (
                    "item.assign",
                    json!({"action": "assign", "agent": scene.whose}),
                )
            }
            Self::Unassign => {
                let whose = item.assignees.pop_first()?;
                ("item.assign", json!({"action": "unassign", "agent": whose}))
            }
            Self::Link => {
                let link_type = random.pick(&["blocks", "blocked_by", "related_to", "duplicates"]);
                item.links.push((scene.other.clone(), link_type));
                (
                    "item.link",
                    json!({"link_type": link_type, "target": scene.other}),
                )
            }
            Self::Unlink => {
                let (target, link_type) = item.links.pop()?;
                let all = random.percent(50);
                let one = json!({"link_type": link_type, "target": target});
                (
                    "item.unlink",
                    if all { json!({"target": target}) } else { one },
                )
            }
            _ => return None,
        })
    }
}

fn create(random: &mut Random) -> Value {
    let kind = random.pick(&["task", "task", "task", "bug", "bug", "goal"]);
    let title = text::title(random);
    if random.percent(20) {
        return json!({"kind": kind, "title": title});
    }
    let sentences = random.between(2, 16);
    json!({"description": text::prose(random, sentences), "kind": kind, "title": title})
}
