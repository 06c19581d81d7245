//! What processes use.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

/// How long something took.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Took {
    /// By the clock on the wall.
    pub wall: Duration,
    /// Of all processors together, where the system tells and no process died: what does not change when others use
    /// the machine too.
    pub processors: Option<Duration>,
}

/// Takes the time of this process and of others.
pub(super) struct Clock {
    processes: Vec<u32>,
    start: Instant,
    before: Option<Duration>,
}

impl Clock {
    pub(super) fn start(others: &[u32]) -> Self {
        let mut processes = others.to_vec();
        processes.push(std::process::id());
        Self {
            start: Instant::now(),
            before: together(&processes),
            processes,
        }
    }

    pub(super) fn took(&self) -> Took {
        let now = together(&self.processes);
        Took {
            wall: self.start.elapsed(),
            processors: now
                .zip(self.before)
                .and_then(|(now, before)| now.checked_sub(before)),
        }
    }
}

/// What processes have used together; `None` when one is gone.
fn together(processes: &[u32]) -> Option<Duration> {
    processes
        .iter()
        .map(|process| processor_time(*process))
        .sum()
}

/// Parts of a second in which Linux tells the time of a processor to programs; the same on all its machines.
const TICK: Duration = Duration::from_millis(10);

/// What a process has used of processors so far, where the system tells.
fn processor_time(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program is in parentheses and may hold any character; the times are the 12th and 13th after it.
    let mut times = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<u32>().ok();
    Some(TICK * ticks()?.checked_add(ticks()?)?)
}

/// The most memory that a process had so far, in bytes, where the system tells.
pub(super) fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The size of all files in a folder. Files that go away meanwhile count nothing.
pub(super) fn folder_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => folder_bytes(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
