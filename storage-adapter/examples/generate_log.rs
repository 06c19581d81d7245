//! Writes a made-up event log of any size, for measuring.
//!
//! ```text
//! generate_log SIZE [--seed N] [--output FILE]
//! ```
//!
//! `SIZE` is in bytes, or with `K`, `M` or `G` behind it (powers of 1024). Equal sizes and seeds give
//! equal bytes. Lines are about 500 bytes, as in the logs of real projects: items are created, moved,
//! labelled, linked, assigned, renamed and talked about; most have few events, some have thousands, and
//! one event in two thousand redacts an earlier one.
#![allow(
    clippy::indexing_slicing,
    reason = "places come from `index`, which stays below the length it is given"
)]

use std::collections::VecDeque;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use bones_snapshot::{EventHash, FIELD_COMMENT, SHARD_HEADER, format_hash, parse_hash, write_line};

/// Items worked on at any time.
const OPEN_ITEMS: usize = 4000;
/// Events that a redaction may name.
const REMEMBERED: usize = 1000;
const AGENTS: [&str; 6] = ["ada", "bob", "chen", "dora", "claude/7", "ci-bot"];
const WORDS: &str = "the build fails when cache is cold because lock held by other worker \
    never freed after timeout so we retry with fresh handle and log what path was taken then \
    check that every reader sees new value before old one goes away";

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { size, seed, output } = Arguments::parse()?;
    let out: Box<dyn Write> = match output {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(io::stdout().lock()),
    };
    let mut out = BufWriter::with_capacity(1 << 20, out);
    let mut written = format!("{SHARD_HEADER}\n{FIELD_COMMENT}\n").into_bytes();
    out.write_all(&written)?;
    let mut bytes = written.len() as u64;
    let mut project = Project::new(seed);
    while bytes < size {
        written.clear();
        project.event(&mut written);
        out.write_all(&written)?;
        bytes += written.len() as u64;
    }
    out.flush()?;
    Ok(())
}

struct Arguments {
    size: u64,
    seed: u64,
    output: Option<String>,
}

impl Arguments {
    fn parse() -> Result<Self, Box<dyn Error>> {
        let mut arguments = std::env::args().skip(1);
        let size = arguments.next().ok_or("how many bytes?")?;
        let mut parsed = Self {
            size: parse_size(&size)?,
            seed: 1,
            output: None,
        };
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or(format!("{name} needs a value"))?;
            match &*name {
                "--seed" => parsed.seed = value.parse()?,
                "--output" => parsed.output = Some(value),
                _ => return Err(format!("unknown argument {name}").into()),
            }
        }
        Ok(parsed)
    }
}

fn parse_size(text: &str) -> Result<u64, Box<dyn Error>> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'K')) => (&text[..at], 1 << 10),
        Some((at, 'M')) => (&text[..at], 1 << 20),
        Some((at, 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    let number: u64 = digits.parse()?;
    number.checked_mul(unit).ok_or_else(|| "too large".into())
}

/// A project that people and programs work on.
struct Project {
    random: Random,
    /// Items that events come to, as their numbers and how many events are to come.
    open: Vec<(u64, u32)>,
    items: u64,
    now_micros: i64,
    recent: VecDeque<(u64, EventHash)>,
    words: Vec<&'static str>,
}

impl Project {
    fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            open: Vec::new(),
            items: 0,
            now_micros: 1_767_225_600_000_000,
            recent: VecDeque::new(),
            words: WORDS.split_whitespace().collect(),
        }
    }

    /// Appends the next line.
    fn event(&mut self, out: &mut Vec<u8>) {
        self.now_micros += 1 + i64::from(self.random.below(2_000_000));
        let grows = self.open.len() < OPEN_ITEMS && self.random.below(3) == 0;
        let (item, kind, data) = if grows || self.open.is_empty() {
            self.create()
        } else {
            self.work()
        };
        let agent = AGENTS[self.random.index(AGENTS.len())];
        let parents: Vec<EventHash> = self
            .recent
            .back()
            .map(|(_, hash)| *hash)
            .into_iter()
            .collect();
        let id = item_id(item);
        let line = write_line(self.now_micros, agent, "itc:AQ", &parents, kind, &id, &data);
        let hash = line
            .rsplit('\t')
            .next()
            .and_then(|hash| parse_hash(hash).ok());
        if let Some(hash) = hash {
            self.recent.push_back((item, hash));
        }
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
        }
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }

    fn create(&mut self) -> (u64, &'static str, String) {
        let item = self.items;
        self.items += 1;
        // Most items see a dozen events, one in a thousand sees thousands.
        let to_come = match self.random.below(1000) {
            0 => 2000 + self.random.below(4000),
            1..50 => 60 + self.random.below(200),
            _ => 4 + self.random.below(16),
        };
        self.open.push((item, to_come));
        let (title, description) = (self.text(8), self.text(110));
        let label = self.random.below(40);
        let data = format!(
            r#"{{"description":"{description}","kind":"task","labels":["area-{label}"],"title":"{title}"}}"#
        );
        (item, "item.create", data)
    }

    fn work(&mut self) -> (u64, &'static str, String) {
        // A few items are talked about all the time.
        let among = if self.random.below(8) == 0 {
            16
        } else {
            self.open.len()
        };
        let place = self.random.index(among.min(self.open.len()));
        let (item, to_come) = self.open[place];
        if to_come == 0 {
            self.open.swap_remove(place);
            let reason = self.text(12);
            return (
                item,
                "item.move",
                format!(r#"{{"reason":"{reason}","state":"done"}}"#),
            );
        }
        self.open[place].1 = to_come - 1;
        if self.random.below(2000) == 0 {
            let place = self.random.index(self.recent.len());
            let (item, hash) = self.recent[place];
            let data = format!(
                r#"{{"reason":"a secret","target_hash":"{}"}}"#,
                format_hash(&hash)
            );
            return (item, "item.redact", data);
        }
        let (kind, data) = match self.random.below(100) {
            0..50 => {
                let length = 30 + self.random.index(60);
                (
                    "item.comment",
                    format!(r#"{{"body":"{}"}}"#, self.text(length)),
                )
            }
            50..60 => (
                "item.update",
                format!(r#"{{"field":"description","value":"{}"}}"#, self.text(110)),
            ),
            60..66 => (
                "item.update",
                format!(r#"{{"field":"title","value":"{}"}}"#, self.text(8)),
            ),
            66..78 => {
                let state = ["open", "doing", "done"][self.random.index(3)];
                (
                    "item.move",
                    format!(r#"{{"reason":"{}","state":"{state}"}}"#, self.text(14)),
                )
            }
            78..86 => {
                let action = ["add", "add", "remove"][self.random.index(3)];
                let label = self.random.below(40);
                (
                    "item.update",
                    format!(
                        r#"{{"field":"labels","value":{{"action":"{action}","label":"area-{label}"}}}}"#
                    ),
                )
            }
            86..94 => {
                let action = ["assign", "assign", "unassign"][self.random.index(3)];
                let agent = AGENTS[self.random.index(AGENTS.len())];
                (
                    "item.assign",
                    format!(r#"{{"action":"{action}","agent":"{agent}"}}"#),
                )
            }
            _ => {
                let other = self.random.next() % self.items;
                let kind = ["item.link", "item.link", "item.unlink"][self.random.index(3)];
                (
                    kind,
                    format!(r#"{{"link_type":"blocks","target":"{}"}}"#, item_id(other)),
                )
            }
        };
        (item, kind, data)
    }

    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for n in 0..words {
            let word = self.words[self.random.index(self.words.len())];
            let gap = if n == 0 { "" } else { " " };
            // Writing to a string does not fail.
            let _ = write!(text, "{gap}{word}");
        }
        text
    }
}

fn item_id(number: u64) -> String {
    format!("bn-{number:x}")
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).unwrap_or_default()
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % (length.max(1) as u64)).unwrap_or_default()
    }
}
