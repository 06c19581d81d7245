//! A store that does what the plans say, and a planner by the letter of the definition.

use std::collections::BTreeSet;
use std::time::Duration;

use bones_compact::{Commit, PolicyClock, Retention, RetentionConfig, RetentionPlan, policy_clock};
use proptest::prelude::*;

/// One hour, in microseconds: the cutoff and base interval of the defaults.
pub(super) const HOUR: u64 = 3_600_000_000;

pub(super) fn commit(commit: u64, time_micros: u64) -> Commit {
    Commit {
        commit,
        time_micros,
    }
}

/// The policy clock, taken for right.
pub(super) fn at(now_micros: u64) -> PolicyClock {
    policy_clock(now_micros, None, Duration::ZERO, true).unwrap()
}

/// Durations in microseconds.
pub(super) fn config(cutoff: u64, base: u64, slots: u32, multiplier: u32) -> RetentionConfig {
    RetentionConfig {
        cutoff: Duration::from_micros(cutoff),
        base_interval: Duration::from_micros(base),
        slots_per_tier: slots,
        multiplier,
    }
}

/// A store: what it ever held, and what compaction has left of it.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) retention: Retention,
    /// Every commit ever made; number n stands at n - 1.
    pub(super) ever: Vec<Commit>,
    /// The commits that can be read: survivors, and all after the floor.
    pub(super) readable: Vec<Commit>,
    pub(super) floor: u64,
    pub(super) pins: BTreeSet<u64>,
}

impl Store {
    pub(super) fn new(config: RetentionConfig) -> Self {
        Self {
            retention: config.validate().unwrap(),
            ever: vec![],
            readable: vec![],
            floor: 0,
            pins: BTreeSet::new(),
        }
    }

    /// The defaults, with a commit at each of these times.
    pub(super) fn of(times: impl IntoIterator<Item = u64>) -> Self {
        let mut store = Self::new(RetentionConfig::default());
        times.into_iter().for_each(|time| store.write(time));
        store
    }

    pub(super) fn write(&mut self, time: u64) {
        let made = commit(self.ever.len() as u64 + 1, time);
        self.ever.push(made);
        self.readable.push(made);
    }

    pub(super) fn plan(&self, now: u64) -> RetentionPlan {
        self.retention
            .plan(&self.readable, self.floor, &self.pins, at(now))
            .unwrap()
    }

    /// Plans and carries it out.
    pub(super) fn compact(&mut self, now: u64) -> RetentionPlan {
        let plan = self.plan(now);
        let window = self
            .readable
            .partition_point(|made| made.commit <= plan.floor);
        self.readable.splice(..window, plan.kept.iter().copied());
        self.floor = plan.floor;
        plan
    }

    pub(super) fn can_read(&self, number: u64) -> bool {
        self.readable.iter().any(|made| made.commit == number)
    }
}

/// The tier and bucket of a time by the letter: every tier is tried, in integers that hold everything.
pub(super) fn naive_block(config: &RetentionConfig, time: u64, now: u64) -> Option<(u32, u128)> {
    let (time, now) = (u128::from(time), u128::from(now));
    let multiplier = u128::from(config.multiplier);
    let spread = u128::from(config.slots_per_tier) - multiplier + 1;
    let mut width = config.base_interval.as_micros();
    let mut least_age = config.cutoff.as_micros();
    let mut found = None;
    for tier in 0.. {
        let end = (time / width + 1) * width;
        if end + least_age > now {
            break; // Wider buckets end no earlier and must be older.
        }
        found = Some((tier, time / width));
        least_age += spread * width;
        width *= multiplier;
    }
    found
}

/// What stays of everything ever made, by the letter: every commit is compared with every other.
pub(super) fn naive_readable(
    config: &RetentionConfig,
    ever: &[Commit],
    pins: &BTreeSet<u64>,
    now: u64,
) -> Vec<Commit> {
    let cutoff = config.cutoff.as_micros();
    let old = |made: &Commit| u128::from(made.time_micros) + cutoff <= u128::from(now);
    let floor = ever
        .iter()
        .filter(|last| {
            ever[..usize::try_from(last.commit).unwrap()]
                .iter()
                .all(old)
        })
        .map(|made| made.commit)
        .max()
        .unwrap_or(1);
    let block = |made: &Commit| naive_block(config, made.time_micros, now);
    let displaced = |made: &Commit| {
        block(made).is_some()
            && ever.iter().any(|other| {
                other.commit <= floor
                    && block(other) == block(made)
                    && (other.time_micros, other.commit) < (made.time_micros, made.commit)
            })
    };
    let stays =
        |made: &&Commit| made.commit >= floor || pins.contains(&made.commit) || !displaced(made);
    ever.iter().filter(stays).copied().collect()
}

/// What happens to a store, one thing after the other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Time passes.
    Pass(u64),
    /// A commit is made, by a clock that is off by so much.
    Write(i64),
    /// A moment at which a compaction may run.
    Pause,
}

/// Small parameters, so that a short history reaches many tiers.
pub(super) fn configs() -> impl Strategy<Value = RetentionConfig> {
    (0_u64..40, 1_u64..12, 2_u32..5, 0_u32..6).prop_map(|(cutoff, base, multiplier, more)| {
        config(cutoff, base, multiplier + more, multiplier)
    })
}

/// Histories of up to so many steps. Most clocks are right, some are late, a few run ahead.
pub(super) fn histories(steps: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u64..20).prop_map(Step::Pass),
        1 => (0_u64..600).prop_map(Step::Pass),
        6 => Just(Step::Write(0)),
        2 => (-80_i64..0).prop_map(Step::Write),
        1 => (-2_000_i64..2_000).prop_map(Step::Write),
        3 => Just(Step::Pause),
    ];
    prop::collection::vec(step, 1..steps)
}

/// Runs a history from time 1,000 on; `pause` is called at each pause with its number and the time. Returns the time at the end.
pub(super) fn run(
    store: &mut Store,
    history: &[Step],
    mut pause: impl FnMut(&mut Store, usize, u64),
) -> u64 {
    let mut now = 1_000;
    let mut pauses = 0;
    for step in history {
        match *step {
            Step::Pass(micros) => now += micros,
            Step::Write(off) => store.write(now.saturating_add_signed(off)),
            Step::Pause => {
                pause(store, pauses, now);
                pauses += 1;
            }
        }
    }
    now
}
