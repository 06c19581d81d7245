//! What events say: words of few choices, so that writers meet, and texts that are found again.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::step::StepId;

/// How every canary begins.
const CANARY: &str = "cnry";

/// A text that no other step writes first, and that is found again wherever it stands.
pub(crate) fn canary(id: StepId) -> String {
    format!("{CANARY}{id}q")
}

/// The steps whose canaries stand in the bytes.
pub(crate) fn canaries(bytes: &[u8]) -> Vec<StepId> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest
        .windows(CANARY.len())
        .position(|w| w == CANARY.as_bytes())
    {
        rest = rest.get(at + CANARY.len()..).unwrap_or_default();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit());
        let id = digits.fold(0, |n: StepId, b| {
            n.saturating_mul(10).saturating_add(StepId::from(b - b'0'))
        });
        found.push(id);
    }
    found
}

fn pick<T: Copy>(rng: &mut Rng, of: &[T], otherwise: T) -> T {
    rng.choice(of).copied().unwrap_or(otherwise)
}

fn label(rng: &mut Rng, id: StepId, earlier: Option<StepId>) -> String {
    match (rng.u8(0..8), earlier) {
        (0, _) => canary(id),
        (1, Some(earlier)) => canary(earlier),
        _ => pick(rng, &["red", "blue", "grün"], "red").to_owned(),
    }
}

fn labels(rng: &mut Rng, id: StepId, earlier: Option<StepId>) -> Value {
    let n = rng.usize(0..3);
    let mut list: Vec<Value> = (0..n).map(|_| label(rng, id, earlier).into()).collect();
    // Now and then something that is no label: the list is kept word for word as well.
    if rng.u8(0..8) == 0 {
        list.push(pick(rng, &["  ", ""], "").into());
    }
    list.into()
}

fn target(rng: &mut Rng, id: StepId) -> String {
    match rng.u8(0..10) {
        0 => format!("bn-{}", canary(id)),
        1 => "bn-1".to_owned(),
        2 => "no item".to_owned(),
        n => format!("bn-{}", 8 + n % 2),
    }
}

fn kind_word(rng: &mut Rng) -> Value {
    pick(rng, &["task", "goal", "bug", " Bug ", "goat"], "task").into()
}

fn size_word(rng: &mut Rng) -> Value {
    match rng.u8(0..6) {
        0 => Value::Null,
        1 => json!(7),
        _ => pick(rng, &["xs", "s", "M", "xl"], "s").into(),
    }
}

fn text_or_none(rng: &mut Rng, id: StepId) -> Value {
    match rng.u8(0..6) {
        0 => Value::Null,
        1 => "".into(),
        _ => canary(id).into(),
    }
}

fn parent(rng: &mut Rng, id: StepId) -> Value {
    match rng.u8(0..5) {
        0 => Value::Null,
        1 => "".into(),
        2 => "not an item".into(),
        3 => "bn-7".into(),
        _ => format!("bn-{}", canary(id)).into(),
    }
}

fn create(rng: &mut Rng, id: StepId, earlier: Option<StepId>) -> Value {
    let mut data = json!({});
    let mut say = |rng: &mut Rng, key: &str, value: Value| {
        if rng.bool() {
            data[key] = value;
        }
    };
    let (words, size) = (kind_word(rng), size_word(rng));
    say(rng, "title", canary(id).into());
    let text = text_or_none(rng, id);
    say(rng, "description", text);
    say(rng, "kind", words);
    say(rng, "size", size);
    let urgency = pick(rng, &["urgent", "default", "punt", "soon"], "punt");
    say(rng, "urgency", urgency.into());
    let parent = parent(rng, id);
    say(rng, "parent", parent);
    let labels = labels(rng, id, earlier);
    say(rng, "labels", labels);
    if rng.u8(0..4) == 0 {
        data["causation"] = if rng.bool() {
            Value::Null
        } else {
            canary(id).into()
        };
    }
    data
}

/// An event: what it is counted as, its type and its data. `earlier` is a step that wrote before.
pub(crate) fn event(
    rng: &mut Rng,
    id: StepId,
    earlier: Option<StepId>,
) -> (&'static str, &'static str, Value) {
    const UPDATE: &str = "item.update";
    let set = |field: &str, value: Value| json!({"field": field, "value": value});
    match rng.u8(0..38) {
        0..3 => ("write create", "item.create", create(rng, id, earlier)),
        3..6 => ("write title", UPDATE, set("title", canary(id).into())),
        6 => (
            "write description",
            UPDATE,
            set("description", text_or_none(rng, id)),
        ),
        7 => ("write kind", UPDATE, set("kind", kind_word(rng))),
        8 => ("write size", UPDATE, set("size", size_word(rng))),
        9 => {
            let word = pick(rng, &["urgent", "default", "punt", "soon"], "punt");
            ("write urgency", UPDATE, set("urgency", word.into()))
        }
        10 => ("write parent", UPDATE, set("parent", parent(rng, id))),
        11..14 => {
            let label = label(rng, id, earlier);
            (
                "write label",
                UPDATE,
                set("labels", json!({"action": "add", "label": label})),
            )
        }
        14..16 => {
            let label = label(rng, id, earlier);
            let value = json!({"action": "remove", "label": label});
            ("write label removal", UPDATE, set("labels", value))
        }
        16..18 => (
            "write labels anew",
            UPDATE,
            set("labels", labels(rng, id, earlier)),
        ),
        18..20 => {
            let agent = pick(rng, &["ann", "ben", " "], "ann");
            let agent = if rng.u8(0..6) == 0 {
                canary(id)
            } else {
                agent.to_owned()
            };
            (
                "write assign",
                "item.assign",
                json!({"action": "assign", "agent": agent}),
            )
        }
        20 => {
            let agent = pick(rng, &["ann", "ben"], "ann");
            (
                "write unassign",
                "item.assign",
                json!({"action": "unassign", "agent": agent}),
            )
        }
        21..24 => {
            let word = pick(
                rng,
                &["blocks", "blocked_by", "related_to", "relates", "x"],
                "x",
            );
            let data = json!({"target": target(rng, id), "link_type": word});
            ("write link", "item.link", data)
        }
        24 => {
            let word = pick(
                rng,
                &["blocks", "blocked_by", "related_to", "relates", "x"],
                "x",
            );
            let data = json!({"target": target(rng, id), "link_type": word});
            ("write unlink", "item.unlink", data)
        }
        25 | 26 => {
            let target = target(rng, id);
            let data = if rng.bool() {
                json!({"target": target})
            } else {
                json!({"target": target, "link_type": null})
            };
            ("write unlink of all", "item.unlink", data)
        }
        27..29 => ("write comment", "item.comment", json!({"body": canary(id)})),
        29..34 => {
            let word = pick(
                rng,
                &["open", "doing", "done", "archived", "Done", "gone"],
                "open",
            );
            let mut data = json!({"state": word});
            match rng.u8(0..3) {
                0 => data["reason"] = canary(id).into(),
                1 => data["reason"] = Value::Null,
                _ => {}
            }
            ("write move", "item.move", data)
        }
        34 => {
            let data = if rng.bool() {
                json!({})
            } else {
                json!({"reason": canary(id)})
            };
            ("write delete", "item.delete", data)
        }
        35 => (
            "write summary",
            "item.compact",
            json!({"summary": canary(id)}),
        ),
        36 => {
            let data = json!({"field": "colour", "value": canary(id), "n": [1, {"a": null}]});
            (
                "write unknown",
                pick(rng, &["item.paint", UPDATE], UPDATE),
                data,
            )
        }
        _ => {
            let data = json!({"body": canary(id), "mood": canary(id)});
            ("write beside", "item.comment", data)
        }
    }
}

/// What a forger puts under the key of an event of this shape: its type and data. Mostly another
/// value for the same part, so that two values stand under one key.
pub(crate) fn twist(rng: &mut Rng, id: StepId, shape: &str) -> (&'static str, Value) {
    const UPDATE: &str = "item.update";
    let set = |field: &str, value: Value| (UPDATE, json!({"field": field, "value": value}));
    let part = match shape {
        "write title" | "write create" => 0,
        "write description" => 1,
        "write kind" => 2,
        "write label" => 3,
        "write comment" | "write beside" => 4,
        _ => rng.u8(0..5),
    };
    let part = if rng.u8(0..4) == 0 {
        rng.u8(0..5)
    } else {
        part
    };
    match part {
        0 => set("title", canary(id).into()),
        1 => set("description", canary(id).into()),
        2 => set("kind", pick(rng, &["task", "goal", "bug"], "bug").into()),
        3 => set("labels", json!({"action": "add", "label": canary(id)})),
        _ => ("item.comment", json!({"body": canary(id)})),
    }
}
