//! Timing contenders in turn, and the table.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread.
pub fn thread_time() -> Duration {
    let t = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

/// Who runs, and how.
pub struct Contender {
    /// Name in the table.
    pub name: String,
    /// Peer, floor or our own.
    pub role: Role,
    /// One timed run: sets up untimed, returns the time of the work alone.
    pub run: Box<dyn FnMut() -> Duration>,
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

impl Contender {
    /// A contender that clones `setup` before each run and gives the clone to `work`.
    pub fn new<T: Clone + 'static, R: 'static>(
        role: Role,
        name: &str,
        setup: T,
        mut work: impl FnMut(T) -> R + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            role,
            run: Box::new(move || {
                let input = setup.clone();
                let start = thread_time();
                let output = black_box(work(black_box(input)));
                let time = thread_time() - start;
                drop(output);
                time
            }),
        }
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
            }
        })
        .collect()
}

/// Prints one workload: every row, with the ratio of the best peer to it, and of it to the best floor.
pub fn print(workload: &str, rows: &[Row]) {
    let best = |role| {
        rows.iter()
            .filter(|r| r.role == role)
            .map(|r| r.nanos)
            .min_by(f64::total_cmp)
    };
    let (peer, floor) = (best(Role::Peer), best(Role::Floor));
    println!("\n### {workload}\n");
    println!("| contender | ns per unit | times faster than the best peer | times the floor |");
    println!("|---|---:|---:|---:|");
    for row in rows {
        let name = match row.role {
            Role::Own => format!("**{}**", row.name),
            Role::Peer => row.name.clone(),
            Role::Floor => format!("_{}_", row.name),
        };
        let ratio = |r: Option<f64>| r.map_or("-".into(), |r| format!("{r:.2}"));
        println!(
            "| {name} | {:.1} | {} | {} |",
            row.nanos,
            ratio(peer.map(|p| p / row.nanos)),
            ratio(floor.map(|f| row.nanos / f)),
        );
    }
}
