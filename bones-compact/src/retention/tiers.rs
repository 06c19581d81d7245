//! Buckets of time that nest, and the tiers of age they stand in.

use std::time::Duration;

use super::PolicyClock;

/// One tier. Its buckets are `[b * width, (b + 1) * width)` for every `b`, all aligned at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tier {
    /// k
    number: u32,
    /// w(k) = w(0) · mᵏ
    width: u64,
    /// H(k): how old the end of a bucket must be to be in this tier at least.
    min_age: u64,
}

/// The planner: a [`RetentionConfig`](crate::RetentionConfig) that was found valid.
///
/// The *tier* of a commit is the greatest k such that the end of its bucket of width w(k) = w(0)·mᵏ is at least
/// H(k) old, where H(0) is the cutoff and H(k+1) = H(k) + (s−m+1)·w(k), with s slots and multiplier m. A commit
/// in no tier is *recent*. The *block* of a commit is its bucket of the width of its tier.
///
/// # Laws
///
/// 1. All commits of a block are in the same tier, so blocks divide time and do not overlap.
/// 2. Each block lies within one block of any later time: blocks only ever merge.
/// 3. No tier has more than s blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    cutoff: u64,
    base_interval: u64,
    slots: u32,
    multiplier: u32,
    /// INVARIANT: not empty; widths and least ages ascend. At most 64, since widths at least double.
    tiers: Vec<Tier>,
}

impl Retention {
    /// `base_interval` above zero, `2 <= multiplier <= slots`: the configuration has checked it.
    pub(super) fn new(cutoff: u64, base_interval: u64, slots: u32, multiplier: u32) -> Self {
        let spread = u64::from(slots - multiplier) + 1;
        let first = Tier {
            number: 0,
            width: base_interval,
            min_age: cutoff,
        };
        // A tier whose width or least age cannot be counted is one that no age reaches.
        let tiers = std::iter::successors(Some(first), |tier| {
            Some(Tier {
                number: tier.number + 1,
                width: tier.width.checked_mul(multiplier.into())?,
                min_age: tier.min_age.checked_add(spread.checked_mul(tier.width)?)?,
            })
        });
        Self {
            cutoff,
            base_interval,
            slots,
            multiplier,
            tiers: tiers.collect(),
        }
    }

    /// The tier of a commit of that time, none if it is recent. A time after `now` is recent.
    ///
    /// O(log log) of the age, one or two divisions.
    ///
    /// ```
    /// use bones_compact::{RetentionConfig, policy_clock};
    ///
    /// let retention = RetentionConfig::default().validate()?;
    /// let hour = 3_600_000_000;
    /// let now = policy_clock(1_000 * hour, None, RetentionConfig::default().cutoff, false)?;
    /// assert_eq!(retention.tier(999 * hour, now), None);
    /// assert_eq!(retention.tier(998 * hour, now), Some(0));
    /// // The first 64 hours end 936 hours ago, tier 6 begins at 442; the first 128 end 872 ago, tier 7 begins at 890.
    /// assert_eq!(retention.tier(0, now), Some(6));
    /// # Ok::<(), bones_compact::RetentionError>(())
    /// ```
    pub fn tier(&self, time_micros: u64, now: PolicyClock) -> Option<u32> {
        self.block(time_micros, now).map(|(tier, _)| tier)
    }

    /// The tier of the block a time is in, and where the block ends. None if it is recent.
    pub(super) fn block(&self, time: u64, now: PolicyClock) -> Option<(u32, u64)> {
        let age = now.micros().checked_sub(time)?;
        // The end of a bucket is younger than all in it: no tier from `reached` on can hold.
        let reached = self.tiers.partition_point(|tier| tier.min_age < age);
        // SUBTLE: at most two are looked at. H(k) >= H(k-1) + w(k-1), so at an age above H(k) the bucket
        // of tier k-1, which ends at most w(k-1) after the commit, is old enough for tier k-1.
        self.tiers.iter().take(reached).rev().find_map(|tier| {
            let end = (time / tier.width)
                .checked_add(1)?
                .checked_mul(tier.width)?;
            (end.checked_add(tier.min_age)? <= now.micros()).then_some((tier.number, end))
        })
    }

    /// True iff a time is at least a cutoff ago. A time after `now` is not, also if the cutoff is zero.
    pub(super) fn is_past_cutoff(&self, time: u64, now: PolicyClock) -> bool {
        now.micros()
            .checked_sub(time)
            .is_some_and(|age| age >= self.cutoff)
    }

    /// At most how many commits stay at or below the floor while the earliest of them is `span` old, beside those that are
    /// recent or pinned. With T for the span:
    ///
    /// ```text
    /// s · (1 + ⌈log_m(T / w(0))⌉) + 1
    /// ```
    ///
    /// The one is the floor. O(log) of the span.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let retention = bones_compact::RetentionConfig::default().validate()?;
    /// let years = |n: u64| Duration::from_hours(n * 365 * 24);
    /// assert_eq!((retention.bound(years(1)), retention.bound(years(100))), (121, 169));
    /// # Ok::<(), bones_compact::RetentionError>(())
    /// ```
    pub fn bound(&self, span: Duration) -> u64 {
        let mut width = u128::from(self.base_interval);
        let mut tiers = 1;
        while width < span.as_nanos().div_ceil(1_000) {
            width = width.saturating_mul(self.multiplier.into());
            tiers += 1;
        }
        u64::from(self.slots) * tiers + 1
    }
}
