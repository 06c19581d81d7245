//! How often and how long.

use std::time::Duration;

/// The bounds around a job.
///
/// ```
/// use std::time::Duration;
/// use lattice_cluster::Tries;
///
/// let tries = Tries { count: 4, ..Tries::default() };
/// let pauses: Vec<_> = (1..=4).map(|n| tries.pause_after(n)).collect();
/// assert_eq!(pauses, [Some(1), Some(2), Some(4), None].map(|s| s.map(Duration::from_secs)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// How many there may be, the first one included.
    pub count: u32,
    /// How long each may take.
    pub deadline: Duration,
    /// The pause after the first; each next one is twice as long.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            count: 3,
            deadline: Duration::from_hours(1),
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
        }
    }
}

impl Tries {
    /// How long to wait after a try, counted from 1; `None` when it was the last.
    pub fn pause_after(&self, number: u32) -> Option<Duration> {
        let doublings = number.saturating_sub(1).min(31);
        (number < self.count).then(|| {
            self.pause
                .saturating_mul(1 << doublings)
                .min(self.longest_pause)
        })
    }
}
