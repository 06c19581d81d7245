//! What an event does: from the JSON of its `data` column to typed writes, and everything that no
//! rule understands kept word for word.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::event::Text;
use crate::hash::{EventHash, parse_hash};
use crate::json::{check_depth, check_numbers, check_surrogates};
use crate::legacy::{self, SnapshotData};
use crate::scan::{elements, scan, unescape};
use crate::value::{Kind, Phase, Size, Urgency};

/// Deepest nesting of JSON arrays and objects that is read.
pub const MAX_JSON_DEPTH: usize = 120;

/// What an event writes. Absent and malformed members follow the rules of each variant; what a
/// rule does not understand is in [`Event::rest`](crate::Event::rest).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventData {
    /// `item.create`: writes every register, also with "none".
    Create(Box<CreateData>),
    /// `item.update` of one register, or of the label set.
    Update(UpdateData),
    /// `item.move` to a phase.
    Move {
        /// The phase moved to.
        target: Phase,
        /// Why.
        reason: Option<Text>,
    },
    /// `item.assign` with action `assign`.
    Assign(Text),
    /// `item.assign` with action `unassign`.
    Unassign(Text),
    /// `item.comment` with its body.
    Comment(Text),
    /// `item.link`.
    Link {
        /// The item linked to.
        target: Text,
        /// The type of the link, as written.
        link_type: Text,
    },
    /// `item.unlink`: of one type, or of every link to the target.
    Unlink {
        /// The item no longer linked to.
        target: Text,
        /// The type of the link, as written; `None` for every type.
        link_type: Option<Text>,
    },
    /// `item.delete`.
    Delete,
    /// `item.compact` with its summary.
    Compact(Text),
    /// `item.redact` of one event.
    Redact(EventHash),
    /// `item.snapshot`, as bones writes it.
    Snapshot(Box<SnapshotData>),
    /// Nothing understood: all of it is in [`Event::rest`](crate::Event::rest).
    Opaque,
}

/// What an `item.create` writes: every register, and its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateData {
    /// Empty when absent or no text.
    pub title: Text,
    /// `None` when absent, empty or no text.
    pub description: Option<Text>,
    /// `task` when absent or no kind.
    pub kind: Kind,
    /// `None` when absent or no size.
    pub size: Option<Size>,
    /// `default` when absent or no urgency.
    pub urgency: Urgency,
    /// `None` when absent, empty or no item id.
    pub parent: Option<Text>,
    /// The labels that are texts and not blank.
    pub labels: Vec<Text>,
}

/// What an `item.update` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateData {
    /// Sets the title.
    Title(Text),
    /// Sets the description, or none.
    Description(Option<Text>),
    /// Sets the kind.
    Kind(Kind),
    /// Sets the size, or none.
    Size(Option<Size>),
    /// Sets the urgency.
    Urgency(Urgency),
    /// Sets the parent, or none.
    Parent(Option<Text>),
    /// Adds one label.
    AddLabel(Text),
    /// Removes one label.
    RemoveLabel(Text),
    /// Removes every label observed and adds these.
    ReplaceLabels(Vec<Text>),
}

/// Why a `data` column cannot be read. Messages never quote the column.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DataError {
    /// Not one JSON object, or not valid JSON.
    #[error("not a valid JSON object ({category} at byte {byte} of the column)")]
    Json {
        /// `syntax error`, `unexpected end`, `not an object`, `lone surrogate` or `number out of range`.
        category: &'static str,
        /// Where in the column.
        byte: usize,
    },
    /// Nested deeper than [`MAX_JSON_DEPTH`].
    #[error("JSON nested deeper than {MAX_JSON_DEPTH} levels")]
    TooDeep {
        /// Where in the column.
        byte: usize,
    },
    /// One key twice in an object.
    #[error("the same key stands twice in the JSON object")]
    DuplicateKey,
}

impl DataError {
    /// Offset in the column, as far as known.
    pub(crate) fn byte(&self) -> usize {
        match self {
            Self::Json { byte, .. } | Self::TooDeep { byte } => *byte,
            Self::DuplicateKey => 0,
        }
    }
}

/// What [`interpret`] makes of an event.
pub(crate) struct Interpreted {
    pub(crate) data: EventData,
    pub(crate) rest: Option<Text>,
}

/// Reads the `data` column of an event of the given type; `parents` is the column of that name.
pub(crate) fn interpret(
    event_type: &str,
    item_id: &str,
    parents: &str,
    json: &str,
) -> Result<Interpreted, DataError> {
    let mut members = Members::checked(json)?;
    if event_type == "item.snapshot" {
        let parents = parents.split(',').filter_map(|p| parse_hash(p).ok());
        let data = legacy::read(&members, item_id, parents.collect());
        return Ok(Interpreted {
            data: EventData::Snapshot(Box::new(data)),
            rest: None,
        });
    }
    let data = match event_type {
        "item.create" => Some(create(&mut members)),
        "item.update" => update(&mut members),
        "item.move" => move_to(&mut members),
        "item.assign" => assign(&mut members),
        "item.comment" => members.text("body").map(EventData::Comment),
        "item.link" => link(&mut members, item_id),
        "item.unlink" => unlink(&mut members),
        "item.delete" => Some(EventData::Delete),
        "item.compact" => members.text("summary").map(EventData::Compact),
        "item.redact" => redact(&members),
        _ => None,
    };
    // SUBTLE: an event without any write may still have had members taken while its rule was
    // tried; all of them go to `rest` then.
    let rest = match &data {
        None => Some(members.rest(event_type, true)),
        Some(_) if members.all_taken() && event_type != "item.redact" => None,
        Some(_) => Some(members.rest(event_type, false)),
    };
    Ok(Interpreted {
        data: data.unwrap_or(EventData::Opaque),
        rest,
    })
}

fn create(members: &mut Members<'_>) -> EventData {
    let title = members.text("title").unwrap_or_else(|| "".into());
    let description = members.nullable_text("description").flatten();
    let kind = members.word("kind", Kind::from_word).unwrap_or(Kind::Task);
    let size = members.nullable_word("size", Size::from_word).flatten();
    let urgency = members
        .word("urgency", Urgency::from_word)
        .unwrap_or(Urgency::Default);
    let parent = members.parent("parent").flatten();
    members.take_if("causation", |raw| (raw == "null").then_some(()));
    let labels = members.labels("labels").unwrap_or_default();
    EventData::Create(Box::new(CreateData {
        title,
        description,
        kind,
        size,
        urgency,
        parent,
        labels,
    }))
}

fn update(members: &mut Members<'_>) -> Option<EventData> {
    let field = members.text("field")?;
    let write = match &*field {
        "title" => UpdateData::Title(members.text("value")?),
        "description" => UpdateData::Description(members.nullable_text("value")?),
        "kind" => UpdateData::Kind(members.word("value", Kind::from_word)?),
        "size" => UpdateData::Size(members.nullable_word("value", Size::from_word)?),
        "urgency" => UpdateData::Urgency(members.word("value", Urgency::from_word)?),
        "parent" => UpdateData::Parent(members.parent("value")?),
        "labels" => update_labels(members)?,
        _ => return None,
    };
    Some(EventData::Update(write))
}

fn update_labels(members: &mut Members<'_>) -> Option<UpdateData> {
    let value = members.peek("value")?;
    if value.starts_with('[') {
        return members.labels("value").map(UpdateData::ReplaceLabels);
    }
    let mut object = Members::parse(value).ok()?;
    let action = object.text("action")?;
    let label = object.member("label")?;
    let write = match &*action {
        "add" => UpdateData::AddLabel(label),
        "remove" => UpdateData::RemoveLabel(label),
        _ => return None,
    };
    // Further keys beside action and label are not understood: the value stays in `rest` as well.
    if object.all_taken() {
        members.take("value");
    }
    Some(write)
}

fn move_to(members: &mut Members<'_>) -> Option<EventData> {
    let target = members.word("state", Phase::from_word)?;
    let reason = members.nullable_any_text("reason").flatten();
    Some(EventData::Move { target, reason })
}

fn assign(members: &mut Members<'_>) -> Option<EventData> {
    match &*members.text("action")? {
        "assign" => members.member("agent").map(EventData::Assign),
        "unassign" => members.text("agent").map(EventData::Unassign),
        _ => None,
    }
}

fn link(members: &mut Members<'_>, item_id: &str) -> Option<EventData> {
    let target = members.text("target")?;
    let link_type = members.member("link_type")?;
    let linkable = is_item_ref(&target) && *target != *item_id;
    linkable.then_some(EventData::Link { target, link_type })
}

fn unlink(members: &mut Members<'_>) -> Option<EventData> {
    let target = members.text("target")?;
    let link_type = match members.peek("link_type") {
        None => None,
        Some(_) => members.nullable_any_text("link_type")?,
    };
    Some(EventData::Unlink { target, link_type })
}

/// Redact events keep all their members in `rest`: the reason is text that nobody may lose.
fn redact(members: &Members<'_>) -> Option<EventData> {
    let target = string(members.peek("target_hash")?)?;
    parse_hash(&target).ok().map(EventData::Redact)
}

/// True iff `id` can name an item: two or three lower-case ASCII letters, then `-`.
pub(crate) fn is_item_ref(id: &str) -> bool {
    let prefix = id.bytes().take_while(u8::is_ascii_lowercase).count();
    (prefix == 2 || prefix == 3) && id.as_bytes().get(prefix) == Some(&b'-')
}

/// The elements of an array that [`elements`] declines.
fn general_elements(raw: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// True iff a label, assignee or link type counts as empty: nothing but spaces, or a NUL first.
fn is_blank(member: &str) -> bool {
    let trimmed = member.trim_matches(' ');
    trimmed.is_empty() || trimmed.starts_with('\0')
}

fn string(raw: &str) -> Option<Text> {
    text(raw).map(Text::from)
}

/// The text of a JSON string, borrowed where it holds no escapes.
fn text(raw: &str) -> Option<Cow<'_, str>> {
    // What `unescape` declines are pairs of surrogates.
    raw.starts_with('"')
        .then(|| unescape(raw).or_else(|| serde_json::from_str(raw).ok()))?
}

/// Up to so many keys are compared with each other in place; more are sorted.
const FEW: usize = 16;

/// The members of one JSON object, in source order, each with whether a rule has taken it.
pub(crate) struct Members<'a>(Vec<Member<'a>>);

struct Member<'a> {
    key: Cow<'a, str>,
    raw: &'a str,
    taken: bool,
}

// In these readers the outer `None` is "not understood" and the inner one "written as none".
#[allow(clippy::option_option)]
impl<'a> Members<'a> {
    /// Reads the members of an object that is not nested too deep, nor holds escapes of half a
    /// character or numbers beyond a double.
    pub(crate) fn checked(json: &'a str) -> Result<Self, DataError> {
        let member = |key, raw| Member {
            key: Cow::Borrowed(key),
            raw,
            taken: false,
        };
        if let Some(members) = scan(json, MAX_JSON_DEPTH, member) {
            return Self(members).unique();
        }
        check_depth(json, MAX_JSON_DEPTH)?;
        let members = Self::parse(json)?;
        check_surrogates(json)?;
        check_numbers(json)?;
        Ok(members)
    }

    pub(crate) fn parse(json: &'a str) -> Result<Self, DataError> {
        let members: Self = serde_json::from_str(json).map_err(|e| DataError::Json {
            category: match e.classify() {
                serde_json::error::Category::Data => "not an object",
                serde_json::error::Category::Eof => "unexpected end",
                _ => "syntax error",
            },
            byte: e.column().saturating_sub(1),
        })?;
        members.unique()
    }

    /// Refuses a key that stands twice.
    fn unique(self) -> Result<Self, DataError> {
        let is_unique = if self.0.len() <= FEW {
            self.0.iter().enumerate().all(|(place, member)| {
                let mut before = self.0.iter().take(place);
                before.all(|other| other.key != member.key)
            })
        } else {
            let mut keys: Vec<_> = self.0.iter().map(|m| &*m.key).collect();
            keys.sort_unstable();
            keys.is_sorted_by(|a, b| a < b)
        };
        is_unique.then_some(self).ok_or(DataError::DuplicateKey)
    }

    pub(crate) fn peek(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|m| m.key == key).map(|m| m.raw)
    }

    fn take(&mut self, key: &str) {
        self.take_if(key, |_| Some(()));
    }

    /// Takes the member iff `read` understands it.
    pub(crate) fn take_if<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<T> {
        let member = self.0.iter_mut().find(|m| m.key == key)?;
        let value = read(member.raw)?;
        member.taken = true;
        Some(value)
    }

    fn text(&mut self, key: &str) -> Option<Text> {
        self.take_if(key, string)
    }

    /// A text that may be a set member, so not blank.
    fn member(&mut self, key: &str) -> Option<Text> {
        self.take_if(key, |raw| string(raw).filter(|s| !is_blank(s)))
    }

    /// A text or `null`.
    fn nullable_any_text(&mut self, key: &str) -> Option<Option<Text>> {
        self.take_if(key, |raw| match raw {
            "null" => Some(None),
            _ => string(raw).map(Some),
        })
    }

    /// A text or `null`, where the empty text is none.
    fn nullable_text(&mut self, key: &str) -> Option<Option<Text>> {
        self.nullable_any_text(key)
            .map(|text| text.filter(|t| !t.is_empty()))
    }

    fn word<T>(&mut self, key: &str, from: fn(&str) -> Option<T>) -> Option<T> {
        self.take_if(key, |raw| text(raw).and_then(|s| from(&s)))
    }

    fn nullable_word<T>(&mut self, key: &str, from: fn(&str) -> Option<T>) -> Option<Option<T>> {
        self.take_if(key, |raw| match raw {
            "null" => Some(None),
            _ => text(raw).and_then(|s| from(&s)).map(Some),
        })
    }

    /// An item id, `null` or the empty text.
    fn parent(&mut self, key: &str) -> Option<Option<Text>> {
        self.take_if(key, |raw| {
            if raw == "null" {
                Some(None)
            } else {
                let id = string(raw)?;
                if id.is_empty() {
                    Some(None)
                } else {
                    is_item_ref(&id).then_some(Some(id))
                }
            }
        })
    }

    /// The labels of an array. Blank labels and non-texts are no labels; the whole array then
    /// stays in `rest` too.
    fn labels(&mut self, key: &str) -> Option<Vec<Text>> {
        let array = self.peek(key)?;
        let raw = elements(array).or_else(|| general_elements(array))?;
        let labels: Vec<Text> = raw
            .iter()
            .filter_map(|label| string(label).filter(|s| !is_blank(s)))
            .collect();
        if labels.len() == raw.len() {
            self.take(key);
        }
        Some(labels)
    }

    pub(crate) fn all_taken(&self) -> bool {
        self.0.iter().all(|m| m.taken)
    }

    /// The members left over (or all of them), word for word, beside the type of the event.
    pub(crate) fn rest(&self, event_type: &str, all: bool) -> Text {
        let left: Vec<(&str, &str)> = self.left(all).collect();
        rest_json(event_type, &left)
    }

    /// The members left over (or all of them), as a JSON object.
    pub(crate) fn object(&self, all: bool) -> String {
        let mut out = String::new();
        push_object(&mut out, self.left(all));
        out
    }

    /// Every member, word for word.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&str, &str)> {
        self.left(true)
    }

    fn left(&self, all: bool) -> impl Iterator<Item = (&str, &str)> {
        let left = self.0.iter().filter(move |m| all || !m.taken);
        left.map(|member| (&*member.key, member.raw))
    }
}

/// The form of [`Event::rest`](crate::Event::rest): an object of these members, beside the type of the event.
pub(crate) fn rest_json(event_type: &str, members: &[(&str, &str)]) -> Text {
    let mut out = String::from(r#"{"data":"#);
    push_object(&mut out, members.iter().copied());
    out.push_str(r#","type":"#);
    push_json_string(&mut out, event_type);
    out.push('}');
    out.into()
}

fn push_object<'a>(out: &mut String, members: impl Iterator<Item = (&'a str, &'a str)>) {
    out.push('{');
    for (place, (key, raw)) in members.enumerate() {
        if place > 0 {
            out.push(',');
        }
        push_json_string(out, key);
        out.push(':');
        out.push_str(raw);
    }
    out.push('}');
}

/// Appends `text` as a JSON string.
pub(crate) fn push_json_string(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), raw)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push(Member {
                        key,
                        raw: raw.get(),
                        taken: false,
                    });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A key, borrowed where it holds no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object key")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
