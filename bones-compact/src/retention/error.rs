//! What the planner refuses.

use std::time::Duration;

use thiserror::Error;

/// Why there is no plan. Nothing was decided, so nothing may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RetentionError {
    /// Buckets need a width.
    #[error("base interval is zero: give a duration above zero")]
    ZeroBaseInterval,
    /// The buckets of a tier must be wider than those of the tier before.
    #[error("multiplier is {multiplier}: give at least 2")]
    MultiplierTooSmall {
        /// What was given.
        multiplier: u32,
    },
    /// A tier must be able to hold the buckets that make one of the next.
    #[error("slots per tier are {slots}: give at least as many as the multiplier, {multiplier}")]
    TooFewSlots {
        /// What was given.
        slots: u32,
        /// The least that would do.
        multiplier: u32,
    },
    /// Times are counted in microseconds, in 64 bits.
    #[error("{field} is {given:?}: give at most {} seconds", u64::MAX / 1_000_000)]
    DurationTooLong {
        /// Which parameter.
        field: &'static str,
        /// What was given.
        given: Duration,
    },
    /// The clock went further ahead than a clock that is right would have.
    #[error(
        "clock shows {now_micros} us, more than {limit_micros} us after the last compaction at {last_micros} us: \
         set the clock, or accept the jump if it is right"
    )]
    ClockJump {
        /// What the clock shows.
        now_micros: u64,
        /// What the policy clock showed at the last compaction.
        last_micros: u64,
        /// The furthest it may go on its own.
        limit_micros: u64,
    },
    /// Commits are numbered from 1 and must come in the order of their numbers, each once.
    #[error(
        "commit {commit} at index {index} follows commit {previous}: give ascending numbers from 1 on"
    )]
    OutOfOrder {
        /// Where it stands in the list.
        index: usize,
        /// Its number.
        commit: u64,
        /// The number before it; 0 at the start of the list.
        previous: u64,
    },
    /// The floor of the last plan stays until the next, so it must be among the commits.
    #[error(
        "commit {floor} was the floor of the last plan and is not among the commits: give all that are left"
    )]
    FloorMissing {
        /// That floor.
        floor: u64,
    },
}
