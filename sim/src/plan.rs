//! From a seed to a list of steps. Every number drawn is drawn here, so that running a list draws
//! none.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::says::Speaker;
use crate::step::{AGENTS, Act, Bones, Form, ITEMS, Lie, Op, Step, StepId};

/// Which order the store is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By wall clock.
    Wall,
    /// By interval tree clock.
    Itc,
}

/// One run, before it runs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed it came from.
    pub seed: u64,
    /// The order.
    pub order: Order,
    /// How many replicas.
    pub replicas: usize,
    /// The steps.
    pub steps: Vec<Step>,
}

/// 2023 in microseconds.
const START: i64 = 1_700_000_000_000_000;
/// Clocks advance by hours, so that ages in days are reached within a run.
const HOUR: i64 = 3_600_000_000;

impl Plan {
    /// The run of a seed: the same on every machine.
    pub fn of_seed(seed: u64) -> Self {
        Planner::new(seed).plan()
    }

    /// The same run with other steps.
    #[must_use]
    pub fn with_steps(&self, steps: Vec<Step>) -> Self {
        Self {
            steps,
            ..self.clone()
        }
    }
}

struct Planner {
    seed: u64,
    rng: Rng,
    order: Order,
    replicas: usize,
    items: usize,
    /// How many hours the clock of each replica is off.
    skew: Vec<i64>,
    hours: i64,
    /// The last event: when and by whom.
    last: (i64, usize),
    steps: Vec<Step>,
    /// Steps that wrote an event, and what.
    writes: Vec<(StepId, &'static str)>,
    backups: Vec<StepId>,
    /// What the network will do, by the number of steps planned before it does.
    due: BTreeMap<usize, Vec<Act>>,
    split: bool,
    /// Whether anybody sends payloads that lie. Not in every run: what lies cannot be verified.
    forgers: bool,
}

impl Planner {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let replicas = rng.usize(3..=6);
        Self {
            seed,
            order: if seed.is_multiple_of(2) {
                Order::Wall
            } else {
                Order::Itc
            },
            replicas,
            items: rng.usize(1..=ITEMS.len()),
            skew: (0..replicas).map(|_| rng.i64(-200..200)).collect(),
            hours: 0,
            last: (START, 0),
            steps: Vec::new(),
            writes: Vec::new(),
            backups: Vec::new(),
            due: BTreeMap::new(),
            split: false,
            forgers: rng.u8(0..3) != 0,
            rng,
        }
    }

    fn plan(mut self) -> Plan {
        let len = self.rng.usize(30..=160);
        while self.steps.len() < len {
            let now = self.steps.len();
            let later = self.due.split_off(&(now + 1));
            for act in std::mem::replace(&mut self.due, later)
                .into_values()
                .flatten()
            {
                self.push(act);
            }
            let act = self.act();
            self.push(act);
        }
        Plan {
            seed: self.seed,
            order: self.order,
            replicas: self.replicas,
            steps: self.steps,
        }
    }

    fn next_id(&self) -> StepId {
        StepId::try_from(self.steps.len()).unwrap_or(StepId::MAX)
    }

    fn push(&mut self, act: Act) {
        let id = self.next_id();
        match &act {
            Act::Backup { .. } => self.backups.push(id),
            Act::Send { .. } => self.fate(id),
            _ => {}
        }
        let step = Step { id, act };
        if matches!(step.act, Act::Write { .. }) {
            self.writes.push((id, step.name()));
        }
        self.steps.push(step);
    }

    /// Decides what becomes of a message: lost, delivered once, or several times; soon or late.
    fn fate(&mut self, of: StepId) {
        let copies = match self.rng.u8(0..10) {
            0 => 0,
            1 | 2 => 2,
            3 => 3,
            _ => 1,
        };
        let act = if copies == 0 {
            Act::Lose { of }
        } else {
            Act::Deliver { of }
        };
        for _ in 0..copies.max(1) {
            let delay = if self.rng.u8(0..4) == 0 { 40 } else { 6 };
            let at = self.steps.len() + 1 + self.rng.usize(0..delay);
            self.due.entry(at).or_default().push(act.clone());
        }
    }

    fn replica(&mut self) -> usize {
        self.rng.usize(0..self.replicas)
    }

    fn two(&mut self) -> (usize, usize) {
        let one = self.replica();
        let step = self.rng.usize(1..self.replicas);
        (one, (one + step) % self.replicas)
    }

    fn item(&mut self) -> usize {
        self.rng.usize(0..self.items)
    }

    /// A step that wrote an event, a late one more often than an early one.
    fn written(&mut self) -> Option<StepId> {
        self.wrote().map(|(id, _)| id)
    }

    fn wrote(&mut self) -> Option<(StepId, &'static str)> {
        let n = self.writes.len();
        let from = if self.rng.bool() {
            n.saturating_sub(8)
        } else {
            0
        };
        (n > 0)
            .then(|| self.rng.usize(from..n))
            .and_then(|n| self.writes.get(n).copied())
    }

    /// Some of the things at hand: often most of them.
    fn pick(&mut self) -> u64 {
        match self.rng.u8(0..4) {
            0 => u64::MAX,
            1 => self.rng.u64(..) & self.rng.u64(..),
            2 => self.rng.u64(..) | self.rng.u64(..),
            _ => self.rng.u64(..),
        }
    }

    fn act(&mut self) -> Act {
        self.hours += self.rng.i64(0..10);
        let forged = if self.forgers { 90..97 } else { 0..0 };
        match self.rng.u8(0..100) {
            n if forged.contains(&n) => self.forge(),
            0..42 => self.write(),
            42..63 | 90..97 => self.send(),
            63..69 => self.compact(),
            69..74 => {
                let (at, item, pick) = (self.replica(), self.item(), self.pick());
                Act::Fold { at, item, pick }
            }
            74..78 => Act::Prune { at: self.replica() },
            78..81 => match self.written() {
                Some(of) => Act::Erase {
                    at: self.replica(),
                    of,
                },
                None => self.write(),
            },
            81..83 => self.split_or_heal(),
            83..86 => Act::Backup { at: self.replica() },
            86..88 => self.restore(),
            88..90 => {
                let (a, b) = self.two();
                Act::Refork { a, b }
            }
            _ => {
                let (at, item, pick) = (self.replica(), self.item(), self.rng.u64(..));
                Act::Damage { at, item, pick }
            }
        }
    }

    fn write(&mut self) -> Act {
        let (at, item) = (self.replica(), self.item());
        let mut agent = if self.rng.u8(0..5) == 0 {
            self.rng.usize(0..AGENTS.len())
        } else {
            at % AGENTS.len()
        };
        let wall = match self.rng.u8(0..32) {
            0 => 0,
            1 => self.rng.choice([-1, -HOUR, i64::MIN]).unwrap_or(0),
            2 => self.rng.choice([1, 2, i64::MAX]).unwrap_or(0),
            3..12 => {
                if self.rng.bool() {
                    agent = self.last.1;
                }
                self.last.0
            }
            _ => {
                // Clocks are off, and some of them run backwards now and then.
                let back = if self.rng.u8(0..6) == 0 {
                    self.rng.i64(0..100)
                } else {
                    0
                };
                START + (self.hours + self.skew.get(at).copied().unwrap_or(0) - back) * HOUR
            }
        };
        self.last = (wall, agent);
        let op = self.op();
        Act::Write {
            at,
            item,
            agent,
            wall,
            op,
        }
    }

    fn op(&mut self) -> Op {
        if self.rng.u8(0..9) == 0 {
            let of = if self.rng.u8(0..8) == 0 {
                None
            } else {
                self.written()
            };
            return Op::Redact {
                of,
                hex: self.rng.bool(),
            };
        }
        if self.rng.u8(0..8) == 0 {
            let by = self.rng.choice([
                Bones::Stamping,
                Bones::Known,
                Bones::Known,
                Bones::Forgetful,
                Bones::Forgetful,
                Bones::Newer,
            ]);
            return Op::Condense {
                pick: self.pick(),
                by: by.unwrap_or(Bones::Known),
            };
        }
        let (shape, kind, data) = self.speaker().event();
        Op::Data {
            shape,
            kind,
            data: data.to_string(),
        }
    }

    fn speaker(&mut self) -> Speaker<'_> {
        Speaker {
            id: self.next_id(),
            earlier: self.written(),
            rng: &mut self.rng,
        }
    }

    fn send(&mut self) -> Act {
        let (from, to) = self.two();
        let form = match self.rng.u8(0..14) {
            0..4 => Form::Lines,
            4 | 5 => Form::Held,
            6 | 7 => Form::Export,
            8..10 => Form::Folded,
            10..13 => Form::Mixed,
            _ => Form::Redactions,
        };
        let redactions = matches!(form, Form::Export | Form::Redactions) || self.rng.u8(0..3) == 0;
        Act::Send {
            from,
            to,
            form,
            pick: self.pick(),
            redactions,
        }
    }

    fn compact(&mut self) -> Act {
        let now = match self.rng.u8(0..8) {
            0 => 0,
            1 => u64::MAX,
            _ => {
                let days = self.rng.choice([0, 2, 10, 45]).unwrap_or(0);
                u64::try_from(START + (self.hours + 24 * days) * HOUR).unwrap_or(0)
            }
        };
        Act::Compact {
            at: self.replica(),
            min_age_days: self.rng.choice([0, 0, 0, 1, 30, u32::MAX]).unwrap_or(0),
            phases: if self.rng.bool() {
                0b1111
            } else {
                self.rng.u8(0..16)
            },
            deleted: self.rng.bool(),
            dry_run: self.rng.u8(0..8) == 0,
            now,
        }
    }

    fn split_or_heal(&mut self) -> Act {
        self.split = !self.split;
        if self.split {
            Act::Split {
                left: self.rng.u8(1..63),
            }
        } else {
            Act::Heal
        }
    }

    fn restore(&mut self) -> Act {
        let at = self.backups.len();
        if at == 0 {
            return Act::Backup { at: self.replica() };
        }
        let of = self
            .backups
            .get(self.rng.usize(0..at))
            .copied()
            .unwrap_or(0);
        // An old clock gives stamps out twice: then stamps say less than what was seen.
        let fork = (self.rng.u8(0..4) != 0).then(|| self.replica());
        Act::Restore { of, fork }
    }

    fn forge(&mut self) -> Act {
        let (to, item, pick) = (self.replica(), self.item(), self.pick());
        let lie = match (self.rng.u8(0..3), self.wrote()) {
            (0, Some((of, shape))) => {
                let (kind, data) = self.speaker().twist(shape);
                Lie::Twist {
                    of,
                    kind,
                    data: data.to_string(),
                }
            }
            (0 | 1, _) => Lie::Claim,
            _ => Lie::Foreign {
                masked: self.rng.bool(),
            },
        };
        Act::Forge {
            to,
            item,
            lie,
            pick,
        }
    }
}
