//! The time that decides what may go.

use std::time::Duration;

use super::RetentionError;

/// Thirty days: a store may rest that long without being asked whether its clock is right.
const LEAST_LIMIT_MICROS: u64 = 30 * 24 * 60 * 60 * 1_000_000;

/// What the policy clock shows, in microseconds since the Unix epoch. Made by [`policy_clock`] only, so
/// whoever has one has passed its guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyClock(u64);

impl PolicyClock {
    /// The microseconds. They go into the store with a plan that is not empty, and come back as the `last` of
    /// the next one.
    pub fn micros(self) -> u64 {
        self.0
    }
}

/// The policy clock: `now`, and never less than it showed at the `last` compaction. A clock that was set
/// back therefore deletes nothing.
///
/// A clock that is ahead would delete what cannot be had back. So it may go ahead of `last` by
/// ten cutoffs or thirty days, whichever is more, and further only if the jump is accepted. The
/// first time there is nothing to compare with.
///
/// ```
/// use std::time::Duration;
/// use bones_compact::{RetentionError, policy_clock};
///
/// let cutoff = Duration::from_hours(1);
/// let (year_2026, year_2036) = (1_767_225_600_000_000, 2_082_758_400_000_000);
/// assert_eq!(policy_clock(year_2026 - 1, Some(year_2026), cutoff, false)?.micros(), year_2026);
/// assert!(policy_clock(year_2036, Some(year_2026), cutoff, false).is_err());
/// assert_eq!(policy_clock(year_2036, Some(year_2026), cutoff, true)?.micros(), year_2036);
/// # Ok::<(), RetentionError>(())
/// ```
///
/// # Errors
///
/// [`ClockJump`](RetentionError::ClockJump).
pub fn policy_clock(
    now_micros: u64,
    last: Option<u64>,
    cutoff: Duration,
    accept_jump: bool,
) -> Result<PolicyClock, RetentionError> {
    let Some(last_micros) = last else {
        return Ok(PolicyClock(now_micros));
    };
    // A limit too long to count is never passed.
    let ten_cutoffs = u64::try_from(cutoff.as_micros().saturating_mul(10)).unwrap_or(u64::MAX);
    let limit_micros = ten_cutoffs.max(LEAST_LIMIT_MICROS);
    if !accept_jump && now_micros.saturating_sub(last_micros) > limit_micros {
        return Err(RetentionError::ClockJump {
            now_micros,
            last_micros,
            limit_micros,
        });
    }
    Ok(PolicyClock(now_micros.max(last_micros)))
}
