//! A compaction against its policy.

use bones_compact::{CompactionPolicy, CompactionReport, LatticeEvent, SkipReason};
use bones_snapshot::Order;

use super::{known, redactions};
use crate::book::Book;
use crate::fact::PHASES;
use crate::failure::{Failure, ensure};
use crate::replica::{Held, Replica};

/// The policy was obeyed: what it forbids was left alone for the reason it gives, and nothing else.
///
/// # Errors
///
/// [`Failure`] by the name `policy`.
pub(crate) fn policy<S: Order>(
    book: &Book<S>,
    replica: &Replica<S>,
    item: usize,
    held: &Held<S>,
    policy: &CompactionPolicy,
    now: u64,
    report: &CompactionReport,
) -> Result<(), Failure> {
    const DAY: u128 = 86_400_000_000;
    let redactions = redactions(replica);
    let (deleted, phase, updated) = known(book, item, &held.told, &redactions, |known| {
        let view = known.view();
        let shown = |key: &str| view.get(key).cloned().unwrap_or_default();
        let phase = PHASES.iter().position(|phase| shown("phase") == *phase);
        let updated = shown("updated_at").as_u64().unwrap_or(0);
        (shown("deleted") == true, phase, updated)
    });
    let phase = phase
        .and_then(|phase| PHASES.get(phase))
        .copied()
        .unwrap_or("?");
    let ripe = u128::from(updated) + u128::from(policy.min_age_days) * DAY;
    let expected = if deleted && !policy.include_deleted {
        Some(SkipReason::Deleted)
    } else if !deleted && !policy.target_phases.iter().any(|target| target == phase) {
        Some(SkipReason::Phase)
    } else if ripe > u128::from(now) {
        Some(SkipReason::TooYoung)
    } else {
        None
    };
    let name = Replica::<S>::name(item);
    let found = report.skipped.get(name).copied();
    let redacted = held
        .events
        .iter()
        .any(|event| event.tells_redacted(&replica.redactions));
    ensure(
        !(redacted && found == Some(SkipReason::WouldGrow)),
        "policy",
        || format!("{name} holds a line that is redacted, and is left alone because it would grow"),
    )?;
    if found == Some(SkipReason::AlreadyCompact) {
        let same = match held.blobs.as_slice() {
            [blob] => held.events.is_empty() && blob.read::<S>(name)? == *held.state(),
            _ => false,
        };
        ensure(same, "policy", || {
            format!("{name} is not one snapshot of what is known")
        })?;
    }
    let fits = match expected {
        Some(_) => found == expected,
        None => matches!(
            found,
            None | Some(SkipReason::WouldGrow | SkipReason::AlreadyCompact)
        ),
    };
    ensure(fits, "policy", || {
        format!("{name} should be left alone: {expected:?}, and was: {found:?}")
    })
}
