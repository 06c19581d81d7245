//! What an event line says, read by the words of `docs/SEMANTICS.md` and by nothing of the library:
//! the line is split at its tabs, the data is a plain JSON value.

mod condensed;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Map, Value, json};

pub(crate) use self::condensed::{Condensed, Members as Condensate, Says};

/// The 32 bytes that name an event.
pub(crate) type Hash = [u8; 32];

/// The words of each closed vocabulary, in their order.
pub(crate) const KINDS: [&str; 3] = ["task", "goal", "bug"];
/// Sizes, in their order.
pub(crate) const SIZES: [&str; 5] = ["xs", "s", "m", "l", "xl"];
/// Urgencies, in their order.
pub(crate) const URGENCIES: [&str; 3] = ["urgent", "default", "punt"];
/// Phases, in their order.
pub(crate) const PHASES: [&str; 4] = ["open", "doing", "done", "archived"];

/// One event as its line has it.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    /// Wall clock, negatives as 0.
    pub wall: u64,
    /// The writer.
    pub agent: String,
    /// The name of the event.
    pub hash: Hash,
    /// What it does.
    pub reading: Reading,
}

/// An element of a set: a label or an assignee with nothing, a link target with its type.
pub(crate) type Element = (String, String);

/// What an event removes from a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Removes {
    /// Nothing.
    #[default]
    Nothing,
    /// One element.
    One(Element),
    /// Every element.
    All,
    /// Every element with this first part.
    AllTo(String),
}

/// What an event does to a set.
#[derive(Debug, Clone, Default)]
pub(crate) struct SetOps {
    /// The elements it adds.
    pub adds: Vec<Element>,
    /// What it removes.
    pub removes: Removes,
}

/// What an event does: for each part of an item what it writes there, if anything.
///
/// Words of closed vocabularies are their places in order.
#[derive(Debug, Clone, Default)]
#[allow(clippy::option_option)] // the outer `None` is "not written", the inner one "written as none"
pub(crate) struct Reading {
    /// The title.
    pub title: Option<String>,
    /// The description, or none.
    pub description: Option<Option<String>>,
    /// The kind.
    pub kind: Option<usize>,
    /// The size, or none.
    pub size: Option<Option<usize>>,
    /// The urgency.
    pub urgency: Option<usize>,
    /// The parent, or none.
    pub parent: Option<Option<String>>,
    /// Whether it deletes the item.
    pub deleted: bool,
    /// The compact summary.
    pub summary: Option<String>,
    /// The phase moved to and why.
    pub moved: Option<(usize, Option<String>)>,
    /// Labels.
    pub labels: SetOps,
    /// Assignees.
    pub assignees: SetOps,
    /// Links.
    pub links: SetOps,
    /// The body of a comment.
    pub comment: Option<String>,
    /// The event it redacts.
    pub redacts: Option<Hash>,
    /// What it says as a snapshot by bones.
    pub condensed: Option<Condensed>,
    /// What nobody understands: `{"data": {...}, "type": "..."}`.
    pub rest: Option<Value>,
}

impl Fact {
    /// Reads a line; `None` when it is not one this simulation writes.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [wall, agent, _stamp, parents, kind, item, data, hash] = columns.as_slice() else {
            return None;
        };
        let data: Value = serde_json::from_str(data).ok()?;
        Some(Self {
            wall: u64::try_from(wall.parse::<i64>().ok()?).unwrap_or(0),
            agent: (*agent).to_owned(),
            hash: hash_of_text(hash)?,
            reading: match *kind {
                "item.snapshot" => Reading {
                    condensed: Some(Condensed::of(data.as_object()?, parents)),
                    ..Reading::default()
                },
                _ => read(kind, item, data.as_object()?),
            },
        })
    }

    /// Whether one of these takes its text away: its own redaction, or that of an event whose text it repeats.
    pub(crate) fn falls_to(&self, is_redacted: impl Fn(&Hash) -> bool) -> bool {
        let repeats = self.reading.condensed.iter().flat_map(|c| &c.sources);
        is_redacted(&self.hash) || repeats.into_iter().any(is_redacted)
    }
}

/// Reads a hash in either text form.
fn hash_of_text(text: &str) -> Option<Hash> {
    let digits = text.strip_prefix("blake3:")?.as_bytes();
    let bytes = match digits.len() {
        64 => HEXLOWER.decode(digits).ok()?,
        _ => BASE64URL_NOPAD.decode(digits).ok()?,
    };
    bytes.try_into().ok()
}

/// The members of the data, taken out one by one as they are understood.
struct Members(Map<String, Value>);

// The outer `None` is "not understood", the inner one "written as none".
#[allow(clippy::option_option)]
impl Members {
    fn take<T>(&mut self, key: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = read(self.0.get(key)?)?;
        self.0.remove(key);
        Some(value)
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.take(key, |v| v.as_str().map(str::to_owned))
    }

    /// A text that may be an element.
    fn name(&mut self, key: &str) -> Option<String> {
        self.take(key, |v| v.as_str().filter(|s| !blank(s)).map(str::to_owned))
    }

    fn text_or_null(&mut self, key: &str) -> Option<Option<String>> {
        self.take(key, |v| match v {
            Value::Null => Some(None),
            v => v.as_str().map(|s| Some(s.to_owned())),
        })
    }

    fn word(&mut self, key: &str, words: &[&str]) -> Option<usize> {
        self.take(key, |v| word(v, words))
    }

    fn word_or_null(&mut self, key: &str, words: &[&str]) -> Option<Option<usize>> {
        self.take(key, |v| match v {
            Value::Null => Some(None),
            v => word(v, words).map(Some),
        })
    }

    fn parent(&mut self, key: &str) -> Option<Option<String>> {
        self.take(key, |v| match v {
            Value::Null => Some(None),
            v => match v.as_str()? {
                "" => Some(None),
                id => is_item(id).then(|| Some(id.to_owned())),
            },
        })
    }

    fn labels(&mut self, key: &str) -> Option<Vec<Element>> {
        let list = self.0.get(key)?.as_array()?;
        let good = |v: &Value| v.as_str().filter(|s| !blank(s)).map(element);
        let labels: Vec<Element> = list.iter().filter_map(good).collect();
        if labels.len() == list.len() {
            self.0.remove(key);
        }
        Some(labels)
    }
}

fn element(text: &str) -> Element {
    (text.to_owned(), String::new())
}

fn blank(text: &str) -> bool {
    let text = text.trim_matches(' ');
    text.is_empty() || text.starts_with('\0')
}

fn is_item(id: &str) -> bool {
    let letters = id.split('-').next().unwrap_or_default();
    id.contains('-')
        && (2..=3).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_lowercase())
}

fn word(value: &Value, words: &[&str]) -> Option<usize> {
    let text = value.as_str()?.trim().to_ascii_lowercase();
    words.iter().position(|word| *word == text)
}

fn read(kind: &str, item: &str, data: &Map<String, Value>) -> Reading {
    let mut reading = Reading::default();
    let mut members = Members(data.clone());
    let understood = effect(kind, item, &mut members, &mut reading).is_some();
    let left = match (understood, kind) {
        (true, "item.redact") | (false, _) => data.clone(),
        (true, _) => members.0,
    };
    if !understood || !left.is_empty() || kind == "item.redact" {
        reading.rest = Some(json!({"data": left, "type": kind}));
    }
    reading
}

/// Fills in what the event does; `None` when it does nothing that anybody understands.
fn effect(kind: &str, item: &str, data: &mut Members, out: &mut Reading) -> Option<()> {
    match kind {
        "item.create" => {
            let none_if_empty = |text: String| Some(text).filter(|t| !t.is_empty());
            let description = data.text_or_null("description").flatten();
            out.title = Some(data.text("title").unwrap_or_default());
            out.description = Some(description.and_then(none_if_empty));
            out.kind = Some(data.word("kind", &KINDS).unwrap_or(0));
            out.size = Some(data.word_or_null("size", &SIZES).flatten());
            out.urgency = Some(data.word("urgency", &URGENCIES).unwrap_or(1));
            out.parent = Some(data.parent("parent").flatten());
            data.take("causation", |v| v.is_null().then_some(()));
            out.labels.adds = data.labels("labels").unwrap_or_default();
        }
        "item.update" => update(data, out)?,
        "item.move" => {
            let phase = data.word("state", &PHASES)?;
            out.moved = Some((phase, data.text_or_null("reason").flatten()));
        }
        "item.assign" => match &*data.text("action")? {
            "assign" => out.assignees.adds = vec![element(&data.name("agent")?)],
            "unassign" => out.assignees.removes = Removes::One(element(&data.text("agent")?)),
            _ => return None,
        },
        "item.comment" => out.comment = Some(data.text("body")?),
        "item.link" => {
            let link = (data.text("target")?, data.name("link_type")?);
            if !is_item(&link.0) || link.0 == item {
                return None;
            }
            out.links.adds = vec![link];
        }
        "item.unlink" => {
            let target = data.text("target")?;
            let link_type = if data.0.contains_key("link_type") {
                data.text_or_null("link_type")?
            } else {
                None
            };
            out.links.removes = match link_type {
                Some(link_type) => Removes::One((target, link_type)),
                None => Removes::AllTo(target),
            };
        }
        "item.delete" => out.deleted = true,
        "item.compact" => out.summary = Some(data.text("summary")?),
        "item.redact" => out.redacts = Some(hash_of_text(&data.text("target_hash")?)?),
        _ => return None,
    }
    Some(())
}

fn update(data: &mut Members, out: &mut Reading) -> Option<()> {
    match &*data.text("field")? {
        "title" => out.title = Some(data.text("value")?),
        "description" => {
            let text = data.text_or_null("value")?;
            out.description = Some(text.filter(|t| !t.is_empty()));
        }
        "kind" => out.kind = Some(data.word("value", &KINDS)?),
        "size" => out.size = Some(data.word_or_null("value", &SIZES)?),
        "urgency" => out.urgency = Some(data.word("value", &URGENCIES)?),
        "parent" => out.parent = Some(data.parent("value")?),
        "labels" if data.0.get("value")?.is_array() => {
            out.labels.adds = data.labels("value")?;
            out.labels.removes = Removes::All;
        }
        "labels" => {
            let mut value = Members(data.0.get("value")?.as_object()?.clone());
            let action = value.text("action")?;
            let label = element(&value.name("label")?);
            match &*action {
                "add" => out.labels.adds = vec![label],
                "remove" => out.labels.removes = Removes::One(label),
                _ => return None,
            }
            if value.0.is_empty() {
                data.0.remove("value");
            }
        }
        _ => return None,
    }
    Some(())
}
