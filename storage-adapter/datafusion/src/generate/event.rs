//! One event of a made-up log.

use bones_snapshot::{format_hash, parse_line, write_line};

use super::Generate;
use super::random::Random;

/// The first event is written at this time, in microseconds since the Unix epoch: the beginning of 2026.
const START_MICROS: u64 = 1_767_225_600_000_000;
/// Between two events.
const STEP_MICROS: u64 = 500_000;
/// Items that are talked about all the time.
const HOT_ITEMS: u64 = 16;
/// How much text there is to cut out of.
const PROSE_WORDS: usize = 200_000;
const AGENTS: [&str; 6] = ["ada", "bob", "chen", "dora", "claude/7", "ci-bot"];
const WORDS: [&str; 40] = [
    "the", "build", "fails", "when", "cache", "is", "cold", "because", "lock", "held", "by",
    "other", "worker", "never", "freed", "after", "timeout", "so", "we", "retry", "with", "fresh",
    "handle", "and", "log", "what", "path", "was", "taken", "then", "check", "that", "every",
    "reader", "sees", "new", "value", "before", "old", "one",
];

/// A made-up log, of which any event can be had at any time.
#[derive(Debug, Clone)]
pub(super) struct Log {
    seed: u64,
    events: u64,
    items: u64,
    words: u64,
    redact_one_in: u64,
    prose: Prose,
}

impl Log {
    pub(super) fn new(what: &Generate) -> Self {
        Self {
            seed: what.seed,
            events: what.events,
            items: what.items.clamp(1, what.events.max(1)),
            words: u64::from(what.words),
            redact_one_in: u64::from(what.redact_one_in),
            prose: Prose::new(what.seed),
        }
    }

    /// The line of an event. The first events create the items; the others happen to any of them.
    pub(super) fn line(&self, at: u64) -> String {
        let mut random = Random::of(self.seed, at);
        let agent = random.pick(&AGENTS);
        let item = self.item(at, &mut random);
        let (kind, data) = if at < self.items {
            ("item.create", self.create(&mut random))
        } else if self.redacts(at) {
            ("item.redact", self.redact(&mut random))
        } else {
            self.work(&mut random)
        };
        let since = at.saturating_mul(STEP_MICROS);
        let wall_ts = START_MICROS
            .saturating_add(since)
            .saturating_add(random.below(STEP_MICROS));
        let wall_ts = i64::try_from(wall_ts).unwrap_or(i64::MAX);
        write_line(wall_ts, agent, "itc:AQ", &[], kind, &item_id(item), &data)
    }

    fn item(&self, at: u64, random: &mut Random) -> u64 {
        if at < self.items {
            return at;
        }
        match random.below(8) {
            0 => random.below(self.items.min(HOT_ITEMS)),
            _ => random.below(self.items),
        }
    }

    /// Whether an event redacts another.
    fn redacts(&self, at: u64) -> bool {
        at >= self.items && at.checked_rem(self.redact_one_in) == Some(self.redact_one_in / 2)
    }

    /// The data of an event that redacts any other that does not redact.
    fn redact(&self, random: &mut Random) -> String {
        let mut target = random.below(self.events);
        if self.redacts(target) {
            target = random.below(self.items);
        }
        let hash = parse_line(self.line(target).as_bytes()).ok().flatten();
        let hash = hash.map_or_else(String::new, |event| format_hash(&event.hash));
        format!(r#"{{"reason":"a secret","target_hash":"{hash}"}}"#)
    }

    fn create(&self, random: &mut Random) -> String {
        let title = self.prose.some(random, 8);
        let description = self.prose.some(random, self.words.saturating_mul(2));
        let label = random.below(40);
        format!(
            r#"{{"description":"{description}","kind":"task","labels":["area-{label}"],"title":"{title}"}}"#
        )
    }

    fn work(&self, random: &mut Random) -> (&'static str, String) {
        match random.below(100) {
            0..50 => {
                let words = self.words / 2 + random.below(self.words.saturating_add(1));
                (
                    "item.comment",
                    format!(r#"{{"body":"{}"}}"#, self.prose.some(random, words)),
                )
            }
            50..56 => {
                let description = self.prose.some(random, self.words.saturating_mul(2));
                (
                    "item.update",
                    update("description", &format!("\"{description}\"")),
                )
            }
            56..62 => (
                "item.update",
                update("title", &format!("\"{}\"", self.prose.some(random, 8))),
            ),
            62..78 => {
                let state = random.pick(&["open", "doing", "done", "done"]);
                let reason = self.prose.some(random, 6);
                (
                    "item.move",
                    format!(r#"{{"reason":"{reason}","state":"{state}"}}"#),
                )
            }
            78..86 => {
                let action = random.pick(&["add", "add", "remove"]);
                let label = random.below(40);
                let value = format!(r#"{{"action":"{action}","label":"area-{label}"}}"#);
                ("item.update", update("labels", &value))
            }
            86..94 => {
                let action = random.pick(&["assign", "assign", "unassign"]);
                let agent = random.pick(&AGENTS);
                (
                    "item.assign",
                    format!(r#"{{"action":"{action}","agent":"{agent}"}}"#),
                )
            }
            94 if random.below(8) == 0 => ("item.delete", r#"{"reason":"gone"}"#.to_owned()),
            _ => {
                let target = item_id(random.below(self.items));
                let kind = random.pick(&["item.link", "item.link", "item.unlink"]);
                (
                    kind,
                    format!(r#"{{"link_type":"blocks","target":"{target}"}}"#),
                )
            }
        }
    }
}

fn item_id(number: u64) -> String {
    format!("bn-{number:x}")
}

fn update(field: &str, value: &str) -> String {
    format!(r#"{{"field":"{field}","value":{value}}}"#)
}

/// Text to cut out of: a word made up for each word written would cost most of the time.
#[derive(Debug, Clone)]
struct Prose {
    text: String,
    /// Where its words begin.
    words: Vec<usize>,
}

impl Prose {
    fn new(seed: u64) -> Self {
        let mut random = Random::of(seed, u64::MAX);
        let mut prose = Self {
            text: String::with_capacity(PROSE_WORDS.saturating_mul(6)),
            words: Vec::with_capacity(PROSE_WORDS),
        };
        for _ in 0..PROSE_WORDS {
            prose.words.push(prose.text.len());
            prose.text.push_str(random.pick(&WORDS));
            prose.text.push(' ');
        }
        prose
    }

    /// So many words from anywhere; fewer where they end.
    fn some(&self, random: &mut Random, words: u64) -> &str {
        let words = usize::try_from(words).unwrap_or(PROSE_WORDS);
        let starts = PROSE_WORDS.saturating_sub(words).max(1);
        let first = usize::try_from(random.below(starts as u64)).unwrap_or(0);
        let place = |word: usize| self.words.get(word).copied().unwrap_or(self.text.len());
        let end = place(first.saturating_add(words));
        self.text
            .get(place(first)..end)
            .unwrap_or_default()
            .trim_end()
    }
}
