//! What will happen to each item, and when.

use super::random::Random;

pub(super) const SECOND: u64 = 1_000_000;
pub(super) const HOUR: u64 = 3_600 * SECOND;
pub(super) const DAY: u64 = 24 * HOUR;

/// The made-up project begins on 2025-01-06 at 09:00 UTC.
const START: u64 = 1_736_154_000 * SECOND;
/// It goes on for two years at most.
const LONGEST: u64 = 730 * DAY;

/// One thing that happens to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Retitle,
    Describe,
    Estimate,
    Prioritise,
    Adopt,
    Label,
    Unlabel,
    ReplaceLabels,
    Assign,
    Unassign,
    Comment,
    /// A comment carried over from another tracker, without a time.
    Imported,
    Link,
    Unlink,
    Start,
    Finish,
    Archive,
    Reopen,
    Delete,
    /// Somebody pastes a secret and takes it back with a redact event.
    Blunder,
    Redact,
    /// Somebody pastes a secret and nobody notices.
    Leak,
    /// Something a later version of the tracker writes.
    Future,
}

/// A step, on an item, at a time by nobody's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub(super) at: u64,
    pub(super) item: usize,
    pub(super) step: Step,
}

/// Everything that will happen, in the order it happens.
pub(super) fn plan(random: &mut Random, items: usize) -> Vec<Planned> {
    let span = (items as u64).saturating_mul(20 * HOUR).min(LONGEST);
    let leak_in = items / 3;
    let mut all = Vec::new();
    for item in 0..items {
        let mut at = START.saturating_add(random.below(span.saturating_add(1)));
        for step in life(random, item == leak_in) {
            all.push(Planned { at, item, step });
            at = at.saturating_add(pause(random));
        }
    }
    all.sort_by_key(|planned| (planned.at, planned.item));
    all
}

/// Mostly minutes, sometimes days: bursts are what makes edits concurrent.
fn pause(random: &mut Random) -> u64 {
    if random.percent(60) {
        random.between(SECOND, 20 * 60 * SECOND)
    } else {
        random.between(HOUR, 6 * DAY)
    }
}

/// The steps in the life of one item.
fn life(random: &mut Random, leaks: bool) -> Vec<Step> {
    const EDITS: [Step; 16] = [
        Step::Comment,
        Step::Comment,
        Step::Comment,
        Step::Comment,
        Step::Describe,
        Step::Retitle,
        Step::Retitle,
        Step::Label,
        Step::Unlabel,
        Step::ReplaceLabels,
        Step::Unassign,
        Step::Link,
        Step::Unlink,
        Step::Estimate,
        Step::Prioritise,
        Step::Imported,
    ];
    fn edits(random: &mut Random, most: u64, steps: &mut Vec<Step>) {
        for _ in 0..random.below(most.saturating_add(1)) {
            let at = usize::try_from(random.below(EDITS.len() as u64)).unwrap_or(0);
            steps.extend(EDITS.get(at));
        }
    }
    let mut steps = vec![Step::Create];
    if random.percent(15) {
        steps.push(Step::Adopt);
    }
    edits(random, 3, &mut steps);
    if leaks {
        steps.push(Step::Leak);
    }
    if random.percent(2) {
        steps.extend([Step::Blunder, Step::Redact]);
    }
    if random.percent(3) {
        steps.push(Step::Future);
    }
    if !leaks && random.percent(5) {
        steps.push(Step::Delete);
        return steps;
    }
    if !leaks && random.percent(8) {
        return steps;
    }
    steps.extend([Step::Assign, Step::Start]);
    edits(random, 4, &mut steps);
    if !leaks && random.percent(5) {
        return steps;
    }
    steps.push(Step::Finish);
    if random.percent(10) {
        steps.extend([Step::Reopen, Step::Comment, Step::Finish]);
    }
    if random.percent(20) {
        steps.push(Step::Archive);
    }
    steps
}
