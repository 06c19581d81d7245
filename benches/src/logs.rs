//! Whole logs: reading them with every hash verified, and compacting all their items.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::{env, fs};

use bones_compact::{CompactionPolicy, ItemSources, compact_items};
use bones_snapshot::{SHARD_HEADER, parse_line, write_line};
use lattice_core::{Bottom, Set};
use memchr::memchr_iter;

use crate::fold::workload::{self, Event};
use crate::measure::{Contender, Goal, Role};
use crate::random::Random;

/// After every event of every log.
const NOW_MICROS: u64 = 4_000_000_000_000_000;

/// A log: its name and its text, with header lines and comments.
pub struct Log {
    /// For the table.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// The real logs, one per project, in `$BONES_LOGS` or beside the workspace. None, and loudly, when they are not on
/// this machine.
pub fn real() -> Vec<Log> {
    let root = env::var_os("BONES_LOGS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/bones-logs"),
        PathBuf::from,
    );
    let logs: Vec<Log> = ["bones", "maw", "edict"]
        .iter()
        .filter_map(|name| {
            Some(Log {
                name: format!("log of {name}"),
                text: text(&root.join(name)).ok()?,
            })
        })
        .collect();
    if logs.len() < 3 {
        println!(
            "\n!!! {} of 3 real logs in {}: what is missing is not measured. Set BONES_LOGS.",
            logs.len(),
            root.display()
        );
    }
    logs
}

/// A log of so many events, made up.
pub fn generated(events: usize, seed: u64) -> Log {
    let mut random = Random::new(seed);
    let mut lines = vec![SHARD_HEADER.to_owned()];
    // Items of some ten events each, as in the real logs, all of them done.
    for number in 0..events / 10 {
        let id = workload::id(number);
        lines.extend(workload::lines(&id, 9, &mut random));
        let at = workload::START + (1 << 30);
        lines.push(write_line(
            at,
            "agent",
            "itc:AQ",
            &[],
            "item.move",
            &id,
            r#"{"state":"done"}"#,
        ));
    }
    Log {
        name: "generated log".into(),
        text: lines.join("\n"),
    }
}

fn text(folder: &Path) -> std::io::Result<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "events"))
        .collect();
    files.sort();
    files.iter().map(fs::read_to_string).collect()
}

/// Reading: the contenders, and how many lines hold an event.
pub fn parsing(log: &Log) -> (Vec<Contender>, usize) {
    let text: Rc<str> = log.text.as_str().into();
    let hashed: Vec<(usize, usize)> = hashed_spans(&text);
    let events = hashed.len();
    let reader = |role, name, read: fn(&str) -> usize| {
        let text = Rc::clone(&text);
        Contender::made(role, name, || (), move |()| read(&text))
    };
    let own = Contender::made(Role::Own, "bones-snapshot parse_line", || (), {
        let text = Rc::clone(&text);
        move |()| -> Vec<bones_snapshot::Event> {
            lines(&text)
                .filter_map(|line| parse_line(line).expect("a line"))
                .collect()
        }
    })
    .goal(Goal::Speed("bones-core", 8.0))
    .goal(Goal::Time("BLAKE3 alone", 2.5));
    let peer = Contender::made(Role::Peer, "bones-core parse_lines", || (), {
        let text = Rc::clone(&text);
        move |()| bones_core::event::parse_lines(&text).expect("lines")
    });
    let floor = {
        let text = Rc::clone(&text);
        Contender::made(
            Role::Floor,
            "BLAKE3 alone",
            || (),
            move |()| {
                hashed
                    .iter()
                    .map(|(start, end)| {
                        let mut hasher = blake3::Hasher::new();
                        hasher.update(&text.as_bytes()[*start..*end]);
                        hasher.update(b"\n");
                        hasher.finalize().as_bytes()[0]
                    })
                    .fold(0_u8, u8::wrapping_add)
            },
        )
    };
    let ends = reader(Role::Floor, "finding the ends of the lines", |text| {
        lines(text).filter(|line| !line.starts_with(b"#")).count()
    });
    (vec![own, peer, floor, ends], events)
}

/// The lines of a text, found as the importer finds them.
fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    let ends = memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut at = 0;
    ends.map(move |end| {
        let line = &text.as_bytes()[at..end];
        at = end + 1;
        line
    })
}

/// Where in the text the hashed columns of each event stand.
fn hashed_spans(text: &str) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut spans = Vec::new();
    for line in text.split('\n') {
        if parse_line(line.as_bytes()).is_ok_and(|event| event.is_some()) {
            spans.push((at, at + line.rfind('\t').unwrap_or(line.len())));
        }
        at += line.len() + 1;
    }
    spans
}

/// Compacting every item that may be: the contenders, and how many events there are.
pub fn compacting(log: &Log) -> (Vec<Contender>, usize) {
    let mut ours: BTreeMap<String, ItemSources<Event>> = BTreeMap::new();
    let mut events = 0;
    for line in log.text.lines() {
        if parse_line(line.as_bytes()).expect("a line").is_none() {
            continue;
        }
        events += 1;
        let event = workload::parsed(line);
        let item = ours
            .entry(event.event().item_id.to_string())
            .or_insert_with(|| ItemSources {
                events: Vec::new(),
                states: Vec::new(),
                bytes: 0,
            });
        item.bytes += line.len() as u64 + 1;
        item.events.push(event);
    }
    let policy = CompactionPolicy {
        min_age_days: 0,
        ..CompactionPolicy::default()
    };
    let own = Contender::made(
        Role::Own,
        "bones-compact compact_items",
        || (),
        move |()| {
            let items: Vec<(&str, &ItemSources<Event>)> =
                ours.iter().map(|(id, sources)| (&**id, sources)).collect();
            compact_items(&items, &policy, NOW_MICROS, &Set::bottom())
        },
    )
    .goal(Goal::Speed("bones-core", 40.0));

    let mut theirs: BTreeMap<String, Vec<bones_core::event::Event>> = BTreeMap::new();
    for event in bones_core::event::parse_lines(&log.text).expect("lines") {
        let item = event.item_id.as_str().to_owned();
        theirs.entry(item).or_default().push(event);
    }
    let peer = Contender::made(
        Role::Peer,
        "bones-core compact_items",
        || (),
        move |()| {
            let none: HashSet<String> = HashSet::new();
            bones_core::compact::compact_items(&theirs, "bench", 0, NOW_MICROS as i64, &none)
        },
    );
    (vec![own, peer], events)
}
