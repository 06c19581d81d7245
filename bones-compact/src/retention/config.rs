//! The parameters of retention, as a user gives them.

use std::time::Duration;

use super::{Retention, RetentionError};

/// How dense history stays. See [`validate`](Self::validate) for what is allowed.
///
/// ```
/// use std::time::Duration;
/// use bones_compact::{RetentionConfig, RetentionError};
///
/// let daily = RetentionConfig { base_interval: Duration::from_hours(24), ..RetentionConfig::default() };
/// assert!(daily.validate().is_ok());
///
/// let flat = RetentionConfig { multiplier: 1, ..daily };
/// assert_eq!(flat.validate(), Err(RetentionError::MultiplierTooSmall { multiplier: 1 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Every commit younger than this stays. Default one hour; zero is allowed.
    pub cutoff: Duration,
    /// Width of the buckets of tier 0, the finest. Default one hour.
    pub base_interval: Duration,
    /// How many commits a tier holds at most. Default 8. More of them: smaller steps, longer history at
    /// each width.
    pub slots_per_tier: u32,
    /// How many times wider the buckets of each tier are than those of the tier before. Default 2.
    pub multiplier: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            cutoff: Duration::from_hours(1),
            base_interval: Duration::from_hours(1),
            slots_per_tier: 8,
            multiplier: 2,
        }
    }
}

impl RetentionConfig {
    /// The planner with these parameters. Fractions of a microsecond are rounded up, so that nothing
    /// goes earlier than was asked.
    ///
    /// # Errors
    ///
    /// [`ZeroBaseInterval`](RetentionError::ZeroBaseInterval);
    /// [`MultiplierTooSmall`](RetentionError::MultiplierTooSmall) below 2;
    /// [`TooFewSlots`](RetentionError::TooFewSlots) below the multiplier;
    /// [`DurationTooLong`](RetentionError::DurationTooLong) above 2⁶⁴ − 1 microseconds.
    pub fn validate(&self) -> Result<Retention, RetentionError> {
        let cutoff = micros("cutoff", self.cutoff)?;
        let base_interval = micros("base interval", self.base_interval)?;
        if base_interval == 0 {
            return Err(RetentionError::ZeroBaseInterval);
        }
        let (slots, multiplier) = (self.slots_per_tier, self.multiplier);
        if multiplier < 2 {
            return Err(RetentionError::MultiplierTooSmall { multiplier });
        }
        if slots < multiplier {
            return Err(RetentionError::TooFewSlots { slots, multiplier });
        }
        Ok(Retention::new(cutoff, base_interval, slots, multiplier))
    }
}

fn micros(field: &'static str, given: Duration) -> Result<u64, RetentionError> {
    u64::try_from(given.as_nanos().div_ceil(1_000))
        .map_err(|_| RetentionError::DurationTooLong { field, given })
}
