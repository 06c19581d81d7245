//! What stays and what goes.

use std::collections::BTreeSet;

use super::{PolicyClock, Retention, RetentionError};

/// A commit, as far as retention looks at it. In the order of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit {
    /// Its number, from 1 on.
    pub commit: u64,
    /// When it was made, in microseconds since the Unix epoch. Clocks err: a later commit may carry an
    /// earlier time.
    pub time_micros: u64,
}

/// What a compaction should do. Nothing has been done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionPlan {
    /// What the policy clock showed.
    pub now_micros: u64,
    /// The floor of the last plan, 0 for none.
    pub old_floor: u64,
    /// The new floor, 0 for none: every commit from here on stays readable exactly.
    pub floor: u64,
    /// The commits at or below the floor that stay readable, ascending. The floor is the last.
    pub kept: Vec<Commit>,
    /// The commits below the floor that do not, ascending.
    pub dropped: Vec<Commit>,
}

impl RetentionPlan {
    /// True iff there is nothing to do: no commit goes and the floor stays. Such a plan leaves no trace
    /// in the store, not even its time.
    pub fn is_empty(&self) -> bool {
        self.dropped.is_empty() && self.floor == self.old_floor
    }
}

impl Retention {
    /// Chooses which commits stay.
    ///
    /// The **floor** is the greatest commit N such that every commit at or below N is at least a cutoff old; never below
    /// the old floor. Where that leaves none it is commit 1, before which there is nothing to lose. At or below the
    /// floor stay: every recent commit, the earliest commit of each block by (time, number), the floor, and
    /// what is pinned. See [`Retention`] for blocks. Commits after the floor stay, and displace nothing below it.
    ///
    /// `commits` are, ascending by number, what the last plan kept and every commit after `old_floor` (0 for none). A
    /// pin of a number that is not among them does nothing.
    ///
    /// # Laws
    ///
    /// As long as `now` never goes back and the configuration stays:
    ///
    /// 1. Idempotent: carried out and asked again, the plan is empty.
    /// 2. The commits left depend on all commits ever made, the pins and `now`, not on when and how often was planned.
    ///
    /// Always: no later plan needs what this one dropped; no tier keeps more than its slots, beside the floor and the
    /// pins; of all tiers together no more than [`bound`](Self::bound).
    ///
    /// O(n log n) in the commits given, O(n) if their times ascend; O(n) memory.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use bones_compact::{Commit, RetentionConfig, policy_clock};
    ///
    /// let config = RetentionConfig::default();
    /// let minute = 60_000_000;
    /// // A commit every ten minutes for a day, and none after.
    /// let commits: Vec<Commit> = (1..=144).map(|n| Commit { commit: n, time_micros: n * 10 * minute }).collect();
    /// let now = policy_clock(48 * 60 * minute, None, config.cutoff, false)?;
    /// let plan = config.validate()?.plan(&commits, 0, &BTreeSet::new(), now)?;
    /// assert_eq!((plan.floor, plan.kept.len(), plan.dropped.len()), (144, 7, 137));
    /// # Ok::<(), bones_compact::RetentionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OutOfOrder`](RetentionError::OutOfOrder), [`FloorMissing`](RetentionError::FloorMissing).
    pub fn plan(
        &self,
        commits: &[Commit],
        old_floor: u64,
        pins: &BTreeSet<u64>,
        now: PolicyClock,
    ) -> Result<RetentionPlan, RetentionError> {
        check(commits, old_floor)?;
        let floor = self.floor(commits, now).max(old_floor);
        let settled = commits.partition_point(|c| c.commit <= floor);
        let mut by_time: Vec<Commit> = commits.iter().take(settled).copied().collect();
        by_time.sort_by_key(|c| (c.time_micros, c.commit));

        let mut plan = RetentionPlan {
            now_micros: now.micros(),
            old_floor,
            floor,
            kept: Vec::new(),
            dropped: Vec::new(),
        };
        // INVARIANT: the end of the latest block that has its commit. Blocks do not overlap, so what
        // comes before this end and after that commit is in the same block.
        let mut taken_until = 0;
        for commit in by_time {
            let displaced = commit.time_micros < taken_until;
            if !displaced && let Some((_, end)) = self.block(commit.time_micros, now) {
                taken_until = end;
            }
            // SUBTLE: the floor and the pins stay beside the earliest of their blocks, never instead of them, so
            // nothing is missed when the floor moves on or a pin is let go.
            if displaced && commit.commit != floor && !pins.contains(&commit.commit) {
                plan.dropped.push(commit);
            } else {
                plan.kept.push(commit);
            }
        }
        plan.kept.sort();
        plan.dropped.sort();
        Ok(plan)
    }

    fn floor(&self, commits: &[Commit], now: PolicyClock) -> u64 {
        let past = commits
            .iter()
            .take_while(|c| self.is_past_cutoff(c.time_micros, now));
        // Commit 1 may be the floor at any age: it is the whole of its history.
        let first = commits.first().filter(|c| c.commit == 1);
        past.last().or(first).map_or(0, |c| c.commit)
    }
}

fn check(commits: &[Commit], old_floor: u64) -> Result<(), RetentionError> {
    let mut previous = 0;
    for (index, &Commit { commit, .. }) in commits.iter().enumerate() {
        if commit <= previous {
            return Err(RetentionError::OutOfOrder {
                index,
                commit,
                previous,
            });
        }
        previous = commit;
    }
    let is_there = |floor| commits.binary_search_by_key(&floor, |c| c.commit).is_ok();
    if old_floor != 0 && !is_there(old_floor) {
        return Err(RetentionError::FloorMissing { floor: old_floor });
    }
    Ok(())
}
