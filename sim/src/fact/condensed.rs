//! What a snapshot by bones says, read by the words of `docs/SEMANTICS.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Element, Fact, Hash, KINDS, PHASES, Reading, SIZES, URGENCIES, hash_of_text, word};

/// The newest format of bones that is understood.
const NEWEST: u64 = 3;

/// What a snapshot by bones says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condensed {
    /// The events it was made of.
    pub sources: BTreeSet<Hash>,
    /// What it says of them; nothing where bones is newer than what is understood.
    pub says: Option<Says>,
    /// What was left over, in the form of [`Reading::rest`].
    pub rest: Option<Value>,
}

/// What a snapshot says of its sources.
#[derive(Debug, Clone, Default)]
pub(crate) struct Says {
    /// Each register that was written: the event that wrote it, with that register alone.
    pub registers: Vec<(&'static str, Fact)>,
    /// Least wall clock above 0 of the sources.
    pub created: u64,
    /// Greatest wall clock of the sources.
    pub updated: u64,
    /// Comments among the sources.
    pub comments: BTreeSet<Hash>,
    /// Wall clock of the latest source, epoch, phase.
    pub standing: (u64, u64, usize),
    /// The labels, each with the wall clocks of its adds.
    pub labels: Members,
    /// The assignees, likewise.
    pub assignees: Members,
    /// The links, likewise.
    pub links: Members,
}

/// Members of a set, each with the wall clocks of the adds that counted.
pub(crate) type Members = BTreeMap<Element, BTreeSet<u64>>;

impl Condensed {
    /// Reads the data of an `item.snapshot`; `parents` is the column of that name.
    pub(super) fn of(data: &Map<String, Value>, parents: &str) -> Self {
        let mut sources: BTreeSet<Hash> = parents.split(',').filter_map(hash_of_text).collect();
        let whole = || Some(json!({"data": data, "type": "item.snapshot"}));
        let Some(says) = data.get("state").and_then(Says::of) else {
            return Self {
                sources,
                says: None,
                rest: whole(),
            };
        };
        sources.extend(says.registers.iter().map(|(_, fact)| fact.hash));
        sources.extend(&says.comments);
        // The only member of the state that these runs write and no bones does.
        let note = data.get("state").and_then(|state| state.get("note"));
        let rest =
            note.map(|note| json!({"data": {"state": {"note": note}}, "type": "item.snapshot"}));
        Self {
            sources,
            says: Some(says),
            rest,
        }
    }
}

impl Says {
    fn of(state: &Value) -> Option<Self> {
        if state.get("_format").and_then(Value::as_u64).unwrap_or(0) > NEWEST {
            return None;
        }
        let text = |v: &Value| v.as_str().map(str::to_owned);
        let filled = |v: &Value| Some(text(v)?).filter(|t| !t.is_empty());
        let mut says = Self::default();
        let mut register = |name: &'static str, read: &dyn Fn(&Value, &mut Reading)| {
            let register = state.get(name)?;
            let mut reading = Reading::default();
            read(register.get("value")?, &mut reading);
            let fact = Fact {
                hash: hash_of_text(register.get("event_hash")?.as_str()?)?,
                wall: register.get("wall_ts")?.as_u64()?,
                agent: text(register.get("agent_id")?)?,
                reading,
            };
            says.registers.push((name, fact));
            Some(())
        };
        register("title", &|v, out| out.title = text(v));
        register("description", &|v, out| out.description = Some(filled(v)));
        register("kind", &|v, out| out.kind = word(v, &KINDS));
        register("size", &|v, out| out.size = Some(word(v, &SIZES)));
        register("urgency", &|v, out| out.urgency = word(v, &URGENCIES));
        register("parent", &|v, out| out.parent = Some(filled(v)));
        register("deleted", &|v, out| out.deleted = v == true);
        register("compact_summary", &|v, out| out.summary = text(v));
        let number = |key: &str| state.get(key).and_then(Value::as_u64);
        says.created = number("created_at")?;
        says.updated = number("updated_at")?;
        let comments = state.get("comments")?.get("elements")?.as_array()?;
        says.comments = comments
            .iter()
            .filter_map(|v| hash_of_text(v.as_str()?))
            .collect();
        let life = state.get("state")?;
        says.standing = (
            number("_latest_ts")?,
            life.get("epoch")?.as_u64()?,
            word(life.get("phase")?, &PHASES)?,
        );
        let name = |v: &Value| Some((text(v)?, String::new()));
        let link = |v: &Value| Some((text(v.get("target")?)?, text(v.get("link_type")?)?));
        says.labels = members(state.get("labels")?, name)?;
        says.assignees = members(state.get("assignees")?, name)?;
        says.links = members(state.get("links")?, link)?;
        Some(says)
    }
}

/// The members of which no tombstone names the add.
fn members(set: &Value, read: impl Fn(&Value) -> Option<Element>) -> Option<Members> {
    let dead = set.get("tombstone")?.as_array()?;
    let mut members = Members::new();
    for add in set.get("elements")?.as_array()? {
        if !dead.contains(add) {
            let wall = add.get(1)?.get("itc")?.as_u64()?;
            members.entry(read(add.get(0)?)?).or_default().insert(wall);
        }
    }
    Some(members)
}
