//! Timing contenders in turn.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread.
pub fn thread_time() -> Duration {
    let t = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

/// Who runs, how, and what is asked of it.
pub struct Contender {
    /// Name in the table.
    pub name: String,
    /// Peer, floor or our own.
    pub role: Role,
    /// One timed run: sets up untimed, returns the time of the work alone.
    pub run: Box<dyn FnMut() -> Duration>,
    /// What this contender has to reach.
    pub goals: Vec<Goal>,
}

/// What a contender is in the comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ours.
    Own,
    /// A published crate.
    Peer,
    /// What the hardware or a hand-written loop allows.
    Floor,
}

/// What a contender has to reach.
#[derive(Clone, Copy)]
pub enum Goal {
    /// So many times the speed of the best peer.
    BestPeer(f64),
    /// So many times the speed of the contender whose name begins so.
    Speed(&'static str, f64),
    /// At most so many times the time of the contender whose name begins so.
    Time(&'static str, f64),
    /// At most so many nanoseconds: floors that are slower than this would flatter whoever is
    /// compared to them.
    Honest(f64),
}

impl Contender {
    /// A contender that clones `setup` before each run and gives the clone to `work`.
    pub fn new<T: Clone + 'static, R: 'static>(
        role: Role,
        name: &str,
        setup: T,
        work: impl FnMut(T) -> R + 'static,
    ) -> Self {
        Self::made(role, name, move || setup.clone(), work)
    }

    /// A contender that gives `work` what `make` makes before each run: for types whose clones share
    /// memory, where the others get memory of their own.
    pub fn made<T: 'static, R: 'static>(
        role: Role,
        name: &str,
        mut make: impl FnMut() -> T + 'static,
        mut work: impl FnMut(T) -> R + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            role,
            run: Box::new(move || {
                let input = make();
                let start = thread_time();
                let output = black_box(work(black_box(input)));
                let time = thread_time() - start;
                drop(output);
                time
            }),
            goals: Vec::new(),
        }
    }

    /// A contender that works on one state all along, with something new each time.
    pub fn ongoing<T: 'static, D: 'static, R: 'static>(
        role: Role,
        name: &str,
        mut state: T,
        mut make: impl FnMut() -> D + 'static,
        mut work: impl FnMut(&mut T, D) -> R + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            role,
            run: Box::new(move || {
                let input = make();
                let start = thread_time();
                let output = black_box(work(black_box(&mut state), black_box(input)));
                let time = thread_time() - start;
                drop(output);
                time
            }),
            goals: Vec::new(),
        }
    }

    /// Asks something of it.
    #[must_use]
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goals.push(goal);
        self
    }
}

/// The median time of each contender, in nanoseconds per unit of work.
pub struct Row {
    /// Name of the contender.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Nanoseconds per unit.
    pub nanos: f64,
    /// What was asked of it.
    pub goals: Vec<Goal>,
}

/// Runs all contenders in turn, `rounds` times after one warm-up, and takes medians.
pub fn race(mut contenders: Vec<Contender>, units: usize, rounds: usize) -> Vec<Row> {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let time = (contender.run)();
            if round > 0 {
                times.push(time);
            }
        }
    }
    contenders
        .into_iter()
        .zip(times)
        .map(|(contender, mut times)| {
            times.sort();
            let median = times[times.len() / 2];
            Row {
                name: contender.name,
                role: contender.role,
                nanos: median.as_nanos() as f64 / units as f64,
                goals: contender.goals,
            }
        })
        .collect()
}
