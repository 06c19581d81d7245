//! A made-up log of the sizes of real ones, and stores filled with it.

use std::path::Path;

use bones_snapshot::write_line;
use lattice_benches::fold::workload::START;
use lattice_benches::random::Random;
use lattice_lww::Unstamped;
use storage_adapter::{Batch, HeldEvent, ItemStore};

/// Events of one commit.
pub const BATCH: usize = 1_000;
/// When the first commit was made: long after every event, so that items are old enough to compact.
const FIRST_COMMIT: u64 = START as u64 + 400 * 24 * HOUR;
const HOUR: u64 = 3_600_000_000;
/// Between commits.
const STEP: u64 = HOUR / 6;

const WORDS: &str = "the build fails when cache is cold because lock held by other worker never freed after timeout \
    so we retry with fresh handle and log what path was taken then check that every reader sees new value before old \
    one goes away";

/// The events of some commits.
pub type Batches = Vec<Vec<HeldEvent<Unstamped>>>;

/// Parsed and verified events, in the order they were written.
pub struct Workload {
    /// The events.
    pub events: Vec<HeldEvent<Unstamped>>,
    /// The items.
    pub ids: Vec<String>,
}

impl Workload {
    /// Items of some ten events each, thousands of them worked on at a time, every one done in the end.
    pub fn made(count: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let mut open: Vec<(String, u64)> = Vec::new();
        let mut work = Self {
            events: Vec::with_capacity(count),
            ids: Vec::new(),
        };
        while work.events.len() < count {
            let at = START + work.events.len() as i64 * 1_000_000;
            let left = count - work.events.len();
            let begins = open.len() < 2_000 && random.below(5) == 0 && open.len() + 1 < left;
            let (id, kind, data) = if begins || open.is_empty() {
                let id = format!("bn-{:x}", work.ids.len());
                work.ids.push(id.clone());
                open.push((id.clone(), 4 + random.below(10)));
                let (title, text) = (text(&words, 8, &mut random), text(&words, 60, &mut random));
                let data = format!(r#"{{"description":"{text}","kind":"task","title":"{title}"}}"#);
                (id, "item.create", data)
            } else {
                let place = random.below(open.len() as u64) as usize;
                if open[place].1 == 0 || open.len() >= left {
                    let (id, _) = open.swap_remove(place);
                    (id, "item.move", r#"{"state":"done"}"#.to_owned())
                } else {
                    open[place].1 -= 1;
                    let (kind, data) = change(&words, &mut random);
                    (open[place].0.clone(), kind, data)
                }
            };
            let agent = format!("agent-{}", random.below(6));
            work.push(&write_line(at, &agent, "itc:AQ", &[], kind, &id, &data));
        }
        work
    }

    fn push(&mut self, line: &str) {
        self.events.push(held(line.as_bytes()));
    }

    /// Bytes of all lines.
    pub fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.line().len() + 1).sum()
    }

    /// A comment on each of so many items, spread over all, written after everything else.
    pub fn comments(&self, items: usize, round: usize) -> Vec<HeldEvent<Unstamped>> {
        let at = START + (self.events.len() + round) as i64 * 1_000_000;
        let step = (self.ids.len() / items.max(1)).max(1);
        let ids = self.ids.iter().skip(round % step).step_by(step).take(items);
        let comment = |id: &String| {
            let data = format!(r#"{{"body":"round {round}, and nothing else to say"}}"#);
            let line = write_line(at, "agent-7", "itc:AQ", &[], "item.comment", id, &data);
            held(line.as_bytes())
        };
        ids.map(comment).collect()
    }

    /// All events, as they are committed.
    pub fn batches(&self) -> Batches {
        self.events.chunks(BATCH).map(<[_]>::to_vec).collect()
    }

    /// A new store with all events in it.
    pub fn store(&self, path: &Path) -> ItemStore<Unstamped> {
        store(self.batches(), path)
    }

    /// When the last commit was long ago.
    pub fn later(&self) -> u64 {
        commit_time((self.events.len() / BATCH) as u64) + 2 * HOUR
    }
}

/// A new store with these batches in it.
pub fn store(batches: Batches, path: &Path) -> ItemStore<Unstamped> {
    let mut store = ItemStore::create(path).expect("a store");
    for (events, n) in batches.into_iter().zip(0..) {
        store
            .apply(batch(events), commit_time(n))
            .expect("a commit");
    }
    store
}

/// The time of a commit.
pub fn commit_time(number: u64) -> u64 {
    FIRST_COMMIT + number * STEP
}

/// Events as what a store is given.
pub fn batch(events: Vec<HeldEvent<Unstamped>>) -> Batch<Unstamped> {
    Batch {
        events,
        ..Batch::default()
    }
}

fn change(words: &[&str], random: &mut Random) -> (&'static str, String) {
    match random.below(10) {
        0..=4 => {
            let length = 20 + random.below(50);
            let body = text(words, length, random);
            ("item.comment", format!(r#"{{"body":"{body}"}}"#))
        }
        5 => {
            let value = text(words, 60, random);
            (
                "item.update",
                format!(r#"{{"field":"description","value":"{value}"}}"#),
            )
        }
        6 => {
            let value = text(words, 8, random);
            (
                "item.update",
                format!(r#"{{"field":"title","value":"{value}"}}"#),
            )
        }
        7 => {
            let state = ["open", "doing"][random.below(2) as usize];
            ("item.move", format!(r#"{{"state":"{state}"}}"#))
        }
        8 => {
            let label = random.below(40);
            let value = format!(r#"{{"action":"add","label":"area-{label}"}}"#);
            (
                "item.update",
                format!(r#"{{"field":"labels","value":{value}}}"#),
            )
        }
        _ => {
            let agent = random.below(6);
            (
                "item.assign",
                format!(r#"{{"action":"assign","agent":"agent-{agent}"}}"#),
            )
        }
    }
}

fn text(words: &[&str], count: u64, random: &mut Random) -> String {
    let word = |_| words[random.below(words.len() as u64) as usize];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

/// An event of the workload.
pub fn held(line: &[u8]) -> HeldEvent<Unstamped> {
    HeldEvent::parse(line).expect("an event")
}
