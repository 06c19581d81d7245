//! Items whose events are 70% writes of eight registers, 20% adds and removes of labels and 10% comments.

use bones_snapshot::{Stamped, parse_line, write_line};
use lattice_lww::Unstamped;

use super::Sources;
use crate::random::Random;

/// An event of ours.
pub type Event = Stamped<Unstamped>;

/// How many labels an item draws from.
const LABELS: u64 = 32;
/// When the first event was written.
pub const START: i64 = 1_700_000_000_000_000;
/// How many agents write.
const AGENTS: u64 = 16;

/// One item.
pub struct Item {
    /// Its id.
    pub id: String,
    /// What `compact_item` is given.
    pub sources: Sources,
}

impl Item {
    /// The item that these lines are of.
    pub fn new(id: String, lines: &[String]) -> Self {
        let sources = Sources {
            events: lines.iter().map(|line| parsed(line)).collect(),
            states: Vec::new(),
            bytes: lines.iter().map(|line| line.len() as u64 + 1).sum(),
        };
        Self { id, sources }
    }
}

/// The id of the item of this number.
pub fn id(number: usize) -> String {
    format!("bn-{number:06}")
}

/// So many lines of one item, in the order of their clocks but for a minute.
pub fn lines(id: &str, events: usize, random: &mut Random) -> Vec<String> {
    (0..events)
        .map(|at| line(id, START + at as i64 * 1_000, random))
        .collect()
}

/// One of our events.
///
/// # Panics
///
/// When the line is not one.
pub fn parsed(line: &str) -> Event {
    let event = parse_line(line.as_bytes())
        .expect("a line")
        .expect("an event");
    Stamped::new(event).expect("no stamp is needed")
}

/// The events of `bones-core`.
///
/// # Panics
///
/// When it refuses a line.
pub fn bones_events(lines: &[String]) -> Vec<bones_core::event::Event> {
    bones_core::event::parse_lines(&lines.join("\n")).expect("lines")
}

/// One event of an item, its clock a little off.
fn line(id: &str, at: i64, random: &mut Random) -> String {
    let at = at + random.below(60_000_000) as i64;
    let agent = format!("agent-{:010}", random.below(AGENTS));
    let (event_type, data) = match random.below(10) {
        0..=6 => write(random),
        7 | 8 => label(random),
        _ => (
            "item.comment",
            format!(r#"{{"body":"{}"}}"#, words(random, 12)),
        ),
    };
    write_line(at, &agent, "itc:AQ", &[], event_type, id, &data)
}

fn write(random: &mut Random) -> (&'static str, String) {
    let (field, value) = match random.below(8) {
        0 => ("title", words(random, 5)),
        1 => ("description", words(random, 20)),
        2 => ("kind", one_of(random, &["task", "goal", "bug"])),
        3 => ("size", one_of(random, &["xs", "s", "m", "l", "xl"])),
        4 => ("urgency", one_of(random, &["urgent", "default", "punt"])),
        5 => ("parent", format!("bn-{}", random.below(1_000))),
        6 => {
            return (
                "item.compact",
                format!(r#"{{"summary":"{}"}}"#, words(random, 10)),
            );
        }
        _ => return ("item.delete", "{}".into()),
    };
    (
        "item.update",
        format!(r#"{{"field":"{field}","value":"{value}"}}"#),
    )
}

fn label(random: &mut Random) -> (&'static str, String) {
    let action = if random.below(4) == 0 {
        "remove"
    } else {
        "add"
    };
    let label = format!("label-{}", random.below(LABELS));
    let value = format!(r#"{{"action":"{action}","label":"{label}"}}"#);
    (
        "item.update",
        format!(r#"{{"field":"labels","value":{value}}}"#),
    )
}

fn one_of(random: &mut Random, words: &[&str]) -> String {
    words[random.below(words.len() as u64) as usize].into()
}

fn words(random: &mut Random, count: u64) -> String {
    const WORDS: [&str; 8] = [
        "roof",
        "ladder",
        "of",
        "the",
        "compaction",
        "join",
        "snapshot",
        "leaks",
    ];
    let words: Vec<String> = (0..count).map(|_| one_of(random, &WORDS)).collect();
    words.join(" ")
}
