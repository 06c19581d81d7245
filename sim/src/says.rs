//! What events say: words of few choices, so that writers meet, and texts that are found again.

use fastrand::Rng;
use serde_json::{Map, Value, json};

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

const UPDATE: &str = "item.update";

/// An event: what it is counted as, its type and its data.
pub(crate) type Said = (&'static str, &'static str, Value);

/// Finds the words of one event.
pub(crate) struct Speaker<'a> {
    /// Where chance comes from.
    pub(crate) rng: &'a mut Rng,
    /// The step that speaks.
    pub(crate) id: StepId,
    /// A step that wrote before.
    pub(crate) earlier: Option<StepId>,
}

impl Speaker<'_> {
    fn one_in(&mut self, n: u8) -> bool {
        self.rng.u8(0..n) == 0
    }

    fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        self.rng.choice(words).copied().unwrap_or_default()
    }

    fn canary(&self) -> Value {
        canary(self.id).into()
    }

    /// An event of any sort.
    pub(crate) fn event(&mut self) -> Said {
        match self.rng.u8(0..38) {
            0..11 => self.field(),
            11..18 => self.labelling(),
            18..27 => self.relation(),
            27..29 => (
                "write comment",
                "item.comment",
                json!({"body": self.canary()}),
            ),
            29..34 => self.moving(),
            _ => self.rarity(),
        }
    }

    fn field(&mut self) -> Said {
        let set = |field: &str, value: Value| json!({"field": field, "value": value});
        match self.rng.u8(0..11) {
            0..3 => ("write create", "item.create", self.create()),
            3..6 => ("write title", UPDATE, set("title", self.canary())),
            6 => (
                "write description",
                UPDATE,
                set("description", self.text_or_none()),
            ),
            7 => ("write kind", UPDATE, set("kind", self.kind())),
            8 => ("write size", UPDATE, set("size", self.size())),
            9 => ("write urgency", UPDATE, set("urgency", self.urgency())),
            _ => ("write parent", UPDATE, set("parent", self.parent())),
        }
    }

    fn create(&mut self) -> Value {
        let mut data = Map::new();
        let members = [
            ("title", self.canary()),
            ("description", self.text_or_none()),
            ("kind", self.kind()),
            ("size", self.size()),
            ("urgency", self.urgency()),
            ("parent", self.parent()),
            ("labels", self.labels()),
        ];
        for (key, value) in members {
            if self.rng.bool() {
                data.insert(key.to_owned(), value);
            }
        }
        if self.one_in(4) {
            let because = if self.rng.bool() {
                Value::Null
            } else {
                self.canary()
            };
            data.insert("causation".to_owned(), because);
        }
        data.into()
    }

    fn kind(&mut self) -> Value {
        self.word(&["task", "goal", "bug", " Bug ", "goat"]).into()
    }

    fn size(&mut self) -> Value {
        match self.rng.u8(0..6) {
            0 => Value::Null,
            1 => json!(7),
            _ => self.word(&["xs", "s", "M", "xl"]).into(),
        }
    }

    fn urgency(&mut self) -> Value {
        self.word(&["urgent", "default", "punt", "soon"]).into()
    }

    fn text_or_none(&mut self) -> Value {
        match self.rng.u8(0..6) {
            0 => Value::Null,
            1 => "".into(),
            _ => self.canary(),
        }
    }

    fn parent(&mut self) -> Value {
        match self.rng.u8(0..5) {
            0 => Value::Null,
            1 => "".into(),
            2 => "not an item".into(),
            3 => "bn-7".into(),
            _ => format!("bn-{}", canary(self.id)).into(),
        }
    }

    fn label(&mut self) -> Value {
        match (self.rng.u8(0..8), self.earlier) {
            (0, _) => self.canary(),
            (1, Some(earlier)) => canary(earlier).into(),
            _ => self.word(&["red", "blue", "grün"]).into(),
        }
    }

    fn labels(&mut self) -> Value {
        let n = self.rng.usize(0..3);
        let mut list: Vec<Value> = (0..n).map(|_| self.label()).collect();
        // Now and then something that is no label: the list is kept word for word as well.
        if self.one_in(8) {
            list.push(self.word(&["  ", ""]).into());
        }
        list.into()
    }

    fn labelling(&mut self) -> Said {
        let set = |value: Value| json!({"field": "labels", "value": value});
        match self.rng.u8(0..7) {
            0..3 => {
                let value = json!({"action": "add", "label": self.label()});
                ("write label", UPDATE, set(value))
            }
            3..5 => {
                let value = json!({"action": "remove", "label": self.label()});
                ("write label removal", UPDATE, set(value))
            }
            _ => ("write labels anew", UPDATE, set(self.labels())),
        }
    }

    fn relation(&mut self) -> Said {
        let assign = |action: &str, agent: Value| json!({"action": action, "agent": agent});
        match self.rng.u8(0..9) {
            0 | 1 => {
                let agent = if self.one_in(6) {
                    self.canary()
                } else {
                    self.word(&["ann", "ben", " "]).into()
                };
                ("write assign", "item.assign", assign("assign", agent))
            }
            2 => {
                let agent = self.word(&["ann", "ben"]).into();
                ("write unassign", "item.assign", assign("unassign", agent))
            }
            3..6 => ("write link", "item.link", self.link()),
            6 => ("write unlink", "item.unlink", self.link()),
            7 => (
                "write unlink of all",
                "item.unlink",
                json!({"target": self.target()}),
            ),
            _ => {
                let data = json!({"target": self.target(), "link_type": null});
                ("write unlink of all", "item.unlink", data)
            }
        }
    }

    fn link(&mut self) -> Value {
        let word = self.word(&["blocks", "blocked_by", "related_to", "relates", "x"]);
        json!({"target": self.target(), "link_type": word})
    }

    fn target(&mut self) -> Value {
        match self.rng.u8(0..10) {
            0 => format!("bn-{}", canary(self.id)).into(),
            1 => "bn-1".into(),
            2 => "no item".into(),
            n => format!("bn-{}", 8 + n % 2).into(),
        }
    }

    fn moving(&mut self) -> Said {
        let word = self.word(&["open", "doing", "done", "archived", "Done", "gone"]);
        let data = match self.rng.u8(0..3) {
            0 => json!({"state": word, "reason": self.canary()}),
            1 => json!({"state": word, "reason": null}),
            _ => json!({"state": word}),
        };
        ("write move", "item.move", data)
    }

    fn rarity(&mut self) -> Said {
        match self.rng.u8(0..4) {
            0 if self.rng.bool() => ("write delete", "item.delete", json!({})),
            0 => (
                "write delete",
                "item.delete",
                json!({"reason": self.canary()}),
            ),
            1 => (
                "write summary",
                "item.compact",
                json!({"summary": self.canary()}),
            ),
            2 => {
                let data =
                    json!({"field": "colour", "value": self.canary(), "n": [1, {"a": null}]});
                let kind = if self.rng.bool() {
                    "item.paint"
                } else {
                    UPDATE
                };
                ("write unknown", kind, data)
            }
            _ => {
                let data = json!({"body": self.canary(), "mood": self.canary()});
                ("write beside", "item.comment", data)
            }
        }
    }

    /// What a forger puts under the key of an event of this shape: its type and data. Mostly
    /// another value for the same part, so that two values stand under one key.
    pub(crate) fn twist(&mut self, shape: &str) -> (&'static str, Value) {
        let set = |field: &str, value: Value| (UPDATE, json!({"field": field, "value": value}));
        let same = match shape {
            "write title" | "write create" => Some(0),
            "write description" => Some(1),
            "write kind" => Some(2),
            "write label" => Some(3),
            "write comment" | "write beside" => Some(4),
            _ => None,
        };
        let any = self.rng.u8(0..5);
        let part = if self.one_in(4) {
            any
        } else {
            same.unwrap_or(any)
        };
        match part {
            0 => set("title", self.canary()),
            1 => set("description", self.canary()),
            2 => set("kind", self.word(&["task", "goal", "bug"]).into()),
            3 => set("labels", json!({"action": "add", "label": self.canary()})),
            _ => ("item.comment", json!({"body": self.canary()})),
        }
    }
}
