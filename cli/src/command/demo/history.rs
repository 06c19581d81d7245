//! Agents that write events, each with a clock that is wrong in its own way.

use bones_snapshot::{EventHash, parse_line, write_line};
use lattice_lww::ItcClock;

use super::data::{Item, Scene};
use super::plan::{HOUR, Planned, Step};
use super::random::Random;
use super::text;
use crate::error::CliError;

const NAMES: [&str; 8] = [
    "ada", "grace", "barbara", "edsger", "tony", "donald", "leslie", "frances",
];

/// Somebody who writes.
struct Agent {
    name: String,
    clock: ItcClock,
    /// How far the wall clock is off, in microseconds.
    skew: i64,
}

/// One line, and when it was written by nobody's clock.
pub(super) struct Line {
    pub(super) at: u64,
    pub(super) wall_ts: i64,
    pub(super) text: String,
}

/// A secret in a comment.
#[derive(Debug, Clone)]
pub(super) struct Secret {
    pub(super) text: String,
    pub(super) event: EventHash,
    pub(super) item: String,
}

/// Everything that was written.
pub(super) struct History {
    pub(super) lines: Vec<Line>,
    /// The secret that nobody noticed.
    pub(super) leak: Option<Secret>,
    /// The secrets that were taken back.
    pub(super) blunders: Vec<Secret>,
    /// The greatest distance between two wall clocks, in microseconds.
    pub(super) skew: u64,
    /// How many events did not know of the event written before them.
    pub(super) concurrent: usize,
}

/// Writes down what was planned.
pub(super) fn write(
    random: &mut Random,
    agents: usize,
    items: usize,
    plan: &[Planned],
) -> Result<History, CliError> {
    let mut writer = Writer {
        agents: team(random, agents)?,
        items: Vec::new(),
        history: History {
            lines: Vec::new(),
            leak: None,
            blunders: Vec::new(),
            skew: 0,
            concurrent: 0,
        },
        random,
    };
    writer.items = (0..items).map(|n| writer.item(n)).collect();
    let skews = writer.agents.iter().map(|agent| agent.skew);
    let (least, most) = (skews.clone().min(), skews.max());
    writer.history.skew = most.unwrap_or(0).abs_diff(least.unwrap_or(0));
    for planned in plan {
        writer.step(planned)?;
    }
    Ok(writer.history)
}

/// The agents, with one part of the interval tree clock each.
fn team(random: &mut Random, count: usize) -> Result<Vec<Agent>, CliError> {
    let mut team: Vec<Agent> = Vec::new();
    for n in 0..count {
        // The first half of a full round is split for the second, so that the tree stays flat.
        let parent = n.checked_sub(1 << n.checked_ilog2().unwrap_or(0));
        let parent = parent.and_then(|p| team.get_mut(p));
        let clock = match parent {
            Some(parent) => parent.clock.fork().map_err(CliError::Clock)?,
            None => ItcClock::seed(),
        };
        let name = NAMES
            .get(n)
            .map_or_else(|| format!("agent-{n}"), |name| (*name).to_owned());
        let off = i64::try_from(random.below(3 * HOUR)).unwrap_or(0);
        let skew = if random.percent(50) {
            off
        } else {
            off.saturating_neg()
        };
        team.push(Agent { name, clock, skew });
    }
    Ok(team)
}

struct Writer<'a> {
    random: &'a mut Random,
    agents: Vec<Agent>,
    items: Vec<Item>,
    history: History,
}

impl Writer<'_> {
    fn item(&mut self, n: usize) -> Item {
        const ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut id = format!("bn-{n:x}");
        for _ in 0..2 {
            id.push(char::from(self.random.pick(ALPHABET)));
        }
        Item::new(id)
    }

    /// What the step can refer to.
    fn scene(&mut self, step: Step) -> Scene {
        let whose = self.random.below(self.agents.len() as u64);
        let whose = usize::try_from(whose).ok().and_then(|n| self.agents.get(n));
        let other = self.random.below(self.items.len() as u64);
        let other = usize::try_from(other).ok().and_then(|n| self.items.get(n));
        Scene {
            whose: whose.map(|agent| agent.name.clone()).unwrap_or_default(),
            other: other.map(|item| item.id.clone()).unwrap_or_default(),
            secret: matches!(step, Step::Leak | Step::Blunder).then(|| text::secret(self.random)),
        }
    }

    fn step(&mut self, planned: &Planned) -> Result<(), CliError> {
        let author = usize::try_from(self.random.below(self.agents.len() as u64)).unwrap_or(0);
        let scene = self.scene(planned.step);
        let Some(item) = self.items.get_mut(planned.item) else {
            return Ok(());
        };
        let Some((event_type, data)) = planned.step.say(item, &scene, self.random) else {
            return Ok(());
        };
        // Whoever has not pulled writes without knowing what the others wrote.
        let pulled = self.random.percent(65);
        if !pulled {
            self.history.concurrent = self.history.concurrent.saturating_add(1);
        }
        let clock = self.tick(author, pulled)?;
        let wall_ts = match planned.step {
            Step::Imported => 0,
            _ => self.wall_clock(planned.at, author),
        };
        let (Some(item), Some(agent)) = (self.items.get_mut(planned.item), self.agents.get(author))
        else {
            return Ok(());
        };
        let parents = if pulled { item.last } else { None };
        let parents: Vec<EventHash> = parents.into_iter().collect();
        let line = write_line(
            wall_ts,
            &agent.name,
            &clock,
            &parents,
            event_type,
            &item.id,
            &data.to_string(),
        );
        let event = parse_line(line.as_bytes()).map_err(CliError::DemoLine)?;
        let hash = event.map(|event| event.hash);
        item.last = hash;
        if let (Some(text), Some(event)) = (scene.secret, hash) {
            let secret = Secret {
                text,
                event,
                item: item.id.clone(),
            };
            if planned.step == Step::Leak {
                self.history.leak = Some(secret);
            } else {
                item.blunder = Some(event);
                self.history.blunders.push(secret);
            }
        }
        self.history.lines.push(Line {
            at: planned.at,
            wall_ts,
            text: line,
        });
        Ok(())
    }

    /// The stamp of a new event of the author.
    fn tick(&mut self, author: usize, pulled: bool) -> Result<String, CliError> {
        let stamps: Vec<_> = if pulled {
            self.agents
                .iter()
                .map(|agent| agent.clock.stamp())
                .collect()
        } else {
            Vec::new()
        };
        let Some(agent) = self.agents.get_mut(author) else {
            return Ok(String::new());
        };
        for stamp in &stamps {
            agent.clock.observe(stamp).map_err(CliError::Clock)?;
        }
        agent.clock.event().map_err(CliError::Clock)?;
        Ok(agent.clock.to_text_v3())
    }

    /// What the author's clock says: off by the skew, and now and then set back.
    fn wall_clock(&mut self, at: u64, author: usize) -> i64 {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let skew = self.agents.get(author).map_or(0, |agent| agent.skew);
        let set_back = if self.random.percent(3) {
            i64::try_from(self.random.below(HOUR)).unwrap_or(0)
        } else {
            0
        };
        at.saturating_add(skew).saturating_sub(set_back)
    }
}
