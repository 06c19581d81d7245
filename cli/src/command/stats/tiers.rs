//! How many commits stand in each tier of age, and a chart of it.

use std::fmt;

use serde::Serialize;
use storage_adapter::RetentionConfig;

use crate::terminal::counted;
use crate::time;

/// The longest bar, in characters.
const LONGEST: usize = 40;

/// One tier, or the recent commits, which are in none.
#[derive(Serialize)]
pub(super) struct Group {
    /// None: recent.
    tier: Option<u32>,
    /// Of each such width of time one commit stays; none: all do.
    width: Option<String>,
    commits: usize,
}

/// Counts the commits of each tier: the recent first, then from tier 0 to the oldest there is.
pub(super) fn count(
    config: &RetentionConfig,
    tiers: impl Iterator<Item = Option<u32>>,
) -> Vec<Group> {
    let mut recent = 0_usize;
    let mut counts: Vec<usize> = Vec::new();
    for tier in tiers {
        let count = match tier {
            None => &mut recent,
            Some(tier) => {
                let place = usize::try_from(tier).unwrap_or(usize::MAX);
                if counts.len() <= place {
                    counts.resize(place.saturating_add(1), 0);
                }
                match counts.get_mut(place) {
                    Some(count) => count,
                    None => continue,
                }
            }
        };
        *count = count.saturating_add(1);
    }
    let recent = Group {
        tier: None,
        width: None,
        commits: recent,
    };
    let rest = (0..).zip(counts).map(|(tier, commits)| {
        let times = config.multiplier.checked_pow(tier);
        let width = times.and_then(|times| config.base_interval.checked_mul(times));
        Group {
            tier: Some(tier),
            width: width.map(time::span),
            commits,
        }
    });
    std::iter::once(recent).chain(rest).collect()
}

/// One bar for each tier, to one scale.
pub(super) fn chart(tiers: &[Group], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let most = tiers.iter().map(|tier| tier.commits).max().unwrap_or(0);
    if most == 0 {
        return Ok(());
    }
    writeln!(f)?;
    for tier in tiers {
        let name = match tier.tier {
            None => "recent".to_owned(),
            Some(number) => format!("tier {number}"),
        };
        let bar = match most {
            _ if most <= LONGEST => tier.commits,
            _ => tier.commits.saturating_mul(LONGEST).div_ceil(most),
        };
        let about = match &tier.width {
            None => counted(tier.commits, "commit"),
            Some(width) => format!("{}, one in {width}", counted(tier.commits, "commit")),
        };
        writeln!(f, "{name:<11} {:<LONGEST$}  {about}", "#".repeat(bar))?;
    }
    Ok(())
}
