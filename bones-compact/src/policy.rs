//! Which items may be compacted.

use crate::event::{CompactState, Standing};

/// Microseconds in a day.
const DAY_MICROS: u64 = 24 * 60 * 60 * 1_000_000;

/// What a compaction may touch. Every field is obeyed.
///
/// ```
/// use bones_compact::CompactionPolicy;
/// let policy = CompactionPolicy { min_age_days: 0, ..CompactionPolicy::default() };
/// assert_eq!(policy.target_phases, ["done", "archived"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactionPolicy {
    /// Whole days that must have passed since the last event of an item. Default 30.
    pub min_age_days: u32,
    /// Phases an item must be in. Default `done` and `archived`.
    pub target_phases: Vec<String>,
    /// Whether deleted items are compacted as well, whatever their phase. Default no.
    pub include_deleted: bool,
    /// Whether to report only, and change nothing. Default no.
    pub dry_run: bool,
    /// What would become a longer payload than this, in bytes, is left as it is: for storage that takes no longer ones.
    /// Default no limit.
    pub max_snapshot_bytes: u64,
}

impl Default for CompactionPolicy {
    fn default() -> Self {
        Self {
            min_age_days: 30,
            target_phases: vec!["done".into(), "archived".into()],
            include_deleted: false,
            dry_run: false,
            max_snapshot_bytes: u64::MAX,
        }
    }
}

/// Whether an item may be compacted, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Eligibility {
    /// It may.
    Eligible,
    /// It is deleted and the policy does not name deleted items.
    Deleted,
    /// It is in a phase the policy does not name.
    Phase,
    /// Its last event is too young, or carries a time after `now`.
    TooYoung,
}

/// Whether the policy lets an item be compacted at `now_micros` (microseconds since the Unix
/// epoch). The clock is an argument: nothing here reads one.
pub fn eligibility(
    state: &impl CompactState,
    policy: &CompactionPolicy,
    now_micros: u64,
) -> Eligibility {
    let Standing {
        phase,
        deleted,
        updated_at,
    } = state.standing();
    // An age that cannot be counted has not been reached.
    let min_age = u64::from(policy.min_age_days).checked_mul(DAY_MICROS);
    if deleted && !policy.include_deleted {
        Eligibility::Deleted
    } else if !deleted && !policy.target_phases.iter().any(|p| *p == phase) {
        Eligibility::Phase
    } else if min_age
        .and_then(|age| updated_at.checked_add(age))
        .is_none_or(|ripe| ripe > now_micros)
    {
        Eligibility::TooYoung
    } else {
        Eligibility::Eligible
    }
}

/// True iff the policy lets an item be compacted at `now_micros`. See [`eligibility`].
pub fn is_eligible(state: &impl CompactState, policy: &CompactionPolicy, now_micros: u64) -> bool {
    eligibility(state, policy, now_micros) == Eligibility::Eligible
}
