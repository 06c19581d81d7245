//! Event histories as hostile as real ones: clocks that disagree with causality, times of 0, below
//! 0 and at the end of the range, stamps used twice, redactions of what is there and of themselves,
//! and events that no rule understands.

use std::sync::LazyLock;

use bones_snapshot::{format_hash, parse_line, write_line};
use lattice_lww::ItcClock;
use proptest::prelude::*;

/// The items that histories are about.
pub(crate) const ITEMS: [&str; 2] = ["bn-1", "bn-2"];
const AGENTS: [&str; 3] = ["alice", "bob", "bob/1"];
const WORDS: [&str; 4] = ["alpha", "beta", "", "\u{202e}gamma é"];
/// Phases, one of them said twice so that moves back happen.
const PHASES: [&str; 4] = ["open", "doing", "done", "archived"];

/// One event before it is written down. Small numbers, so that a failure shrinks well.
#[derive(Debug, Clone)]
struct Recipe {
    item: usize,
    agent: usize,
    wall_ts: i64,
    stamp: usize,
    act: u8,
    arg: usize,
}

impl Recipe {
    /// The line of the event. `earlier` are the lines that a redaction can name.
    fn line(&self, earlier: &[String]) -> String {
        let (event_type, data) = self.data(earlier);
        write_line(
            self.wall_ts,
            AGENTS[self.agent % AGENTS.len()],
            &stamp(self.stamp),
            &[],
            event_type,
            ITEMS[self.item % ITEMS.len()],
            &data,
        )
    }

    fn data(&self, earlier: &[String]) -> (&'static str, String) {
        let arg = self.arg;
        let word = WORDS[arg % WORDS.len()];
        let field = |field: &str, value: &str| {
            let data = format!(r#"{{"field":"{field}","value":{value}}}"#);
            ("item.update", data)
        };
        let or_null = if word.is_empty() {
            "null".to_owned()
        } else {
            format!(r#""{word}""#)
        };
        let label = ["x", "y", "z"][arg % 3];
        let target = ["bn-8", "bn-9"][arg % 2];
        let link_type = ["blocks", "related_to"][arg / 2 % 2];
        match self.act {
            0 => {
                let kind = ["task", "goal", "bug"][arg % 3];
                let data = format!(
                    r#"{{"description":{or_null},"kind":"{kind}","labels":["x","{label}"],"title":"{word}"}}"#
                );
                ("item.create", data)
            }
            1 => field("title", &format!(r#""{word}""#)),
            2 => field("description", &or_null),
            3 => field("kind", ["\"bug\"", "\"goal\""][arg % 2]),
            4 => field("size", ["\"xs\"", "null"][arg % 2]),
            5 => field("urgency", ["\"urgent\"", "\"punt\""][arg % 2]),
            6 => field("parent", ["\"bn-7\"", "null"][arg % 2]),
            7 => field(
                "labels",
                &format!(r#"{{"action":"add","label":"{label}"}}"#),
            ),
            8 => field(
                "labels",
                &format!(r#"{{"action":"remove","label":"{label}"}}"#),
            ),
            9 => field("labels", ["[]", r#"["x","y"]"#][arg % 2]),
            10 | 11 => {
                let phase = PHASES[arg % PHASES.len()];
                let data = format!(r#"{{"reason":{or_null},"state":"{phase}"}}"#);
                ("item.move", data)
            }
            12 | 13 => {
                let action = ["assign", "unassign"][usize::from(self.act) % 2];
                let agent = AGENTS[arg % AGENTS.len()];
                let data = format!(r#"{{"action":"{action}","agent":"{agent}"}}"#);
                ("item.assign", data)
            }
            14 => (
                "item.comment",
                format!(r#"{{"body":"{word}","seen":{arg}}}"#),
            ),
            15 => {
                let data = format!(r#"{{"link_type":"{link_type}","target":"{target}"}}"#);
                ("item.link", data)
            }
            16 => {
                let data = format!(r#"{{"link_type":"{link_type}","target":"{target}"}}"#);
                ("item.unlink", data)
            }
            17 => ("item.unlink", format!(r#"{{"target":"{target}"}}"#)),
            18 => ("item.delete", "{}".to_owned()),
            19 => ("item.compact", format!(r#"{{"summary":"{word}"}}"#)),
            20 => ("item.later", format!(r#"{{"what":"{word}"}}"#)),
            _ => {
                let target = earlier.get(arg % earlier.len().max(1));
                let hash = target.map_or("blake3:none", |l| l.rsplit('\t').next().unwrap());
                let data = format!(r#"{{"reason":"{word}","target_hash":"{hash}"}}"#);
                ("item.redact", data)
            }
        }
    }
}

/// Stamps of four clocks that now and then hear of each other.
static STAMPS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut clocks = vec![ItcClock::seed()];
    while clocks.len() < 4 {
        let middle = clocks.len() / 2;
        let given = clocks[middle].fork().unwrap();
        clocks.push(given);
    }
    let mut stamps = Vec::new();
    for step in 0_usize..32 {
        let (at, from) = (step * 7 % 4, step * 5 % 3);
        if step % 3 == 0 {
            let seen = clocks[from].stamp();
            clocks[at].observe(&seen).unwrap();
        }
        clocks[at].event().unwrap();
        stamps.push(clocks[at].to_text_v3());
    }
    stamps
});

/// A stamp column that both orders read.
pub(crate) fn stamp(index: usize) -> String {
    STAMPS[index % STAMPS.len()].clone()
}

fn wall_clocks() -> impl Strategy<Value = i64> {
    prop_oneof![
        12 => 1..9_i64,
        1 => Just(0),
        1 => Just(-5),
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
    ]
}

/// Histories of up to `most` events, as lines. No line stands twice.
pub(crate) fn histories(most: usize) -> impl Strategy<Value = Vec<String>> {
    let recipe = (
        0..2_usize,
        0..3_usize,
        wall_clocks(),
        0..32_usize,
        0..23_u8,
        0..12_usize,
    );
    let recipe = recipe.prop_map(|(item, agent, wall_ts, stamp, act, arg)| Recipe {
        item,
        agent,
        wall_ts,
        stamp,
        act,
        arg,
    });
    prop::collection::vec(recipe, 1..=most).prop_map(|recipes| {
        let mut lines: Vec<String> = Vec::new();
        for recipe in recipes {
            let line = recipe.line(&lines);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    })
}

#[test]
fn every_line_of_a_history_reads_and_every_act_is_understood() {
    let mut lines = vec![];
    for act in 0..23 {
        for arg in 0..12 {
            let recipe = Recipe {
                item: 0,
                agent: arg,
                wall_ts: 1,
                stamp: arg,
                act,
                arg,
            };
            lines.push(recipe.line(&lines));
        }
    }
    let understood = lines.iter().filter(|line| {
        let event = parse_line(line.as_bytes()).unwrap().unwrap();
        assert!(line.contains(&format_hash(&event.hash)));
        !matches!(event.data, bones_snapshot::EventData::Opaque)
    });
    // All but the events of a type that nobody knows.
    assert_eq!(understood.count(), 22 * 12);
}
