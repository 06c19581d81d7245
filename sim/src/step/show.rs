//! Steps as people read them.

use std::fmt;

use super::{AGENTS, Act, ITEMS, Lie, Op, Step};

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = |n: usize| ITEMS.get(n).copied().unwrap_or("?");
        write!(f, "#{:<4}", self.id)?;
        match &self.act {
            Act::Write {
                at,
                item: n,
                agent,
                wall,
                op,
            } => {
                let agent = AGENTS.get(*agent).copied().unwrap_or("?");
                write!(f, "r{at} writes {} as {agent} at {wall}: ", item(*n))?;
                match op {
                    Op::Data { kind, data, .. } => write!(f, "{kind} {data}"),
                    Op::Condense { pick, by } => {
                        write!(f, "item.snapshot as bones does ({by:?}), pick {pick:#018x}")
                    }
                    Op::Redact { of, hex } => {
                        let form = if *hex { "hex" } else { "base64url" };
                        match of {
                            Some(of) => write!(f, "item.redact of #{of} in {form}"),
                            None => write!(f, "item.redact of nothing, in {form}"),
                        }
                    }
                }
            }
            Act::Send {
                from,
                to,
                form,
                pick,
                redactions,
            } => {
                let with = if *redactions { " and redactions" } else { "" };
                write!(
                    f,
                    "r{from} sends {form:?}{with} to r{to}, pick {pick:#018x}"
                )
            }
            Act::Deliver { of } => write!(f, "the message of #{of} arrives"),
            Act::Lose { of } => write!(f, "the message of #{of} is lost"),
            Act::Split { left } => write!(f, "the network splits, {left:#08b} on one side"),
            Act::Heal => f.write_str("the network heals"),
            Act::Compact {
                at,
                min_age_days,
                phases,
                deleted,
                dry_run,
                now,
            } => {
                let dry = if *dry_run { " (dry)" } else { "" };
                write!(
                    f,
                    "r{at} compacts{dry} at {now}: {min_age_days} days, phases {phases:#06b}, deleted {deleted}"
                )
            }
            Act::Fold { at, item: n, pick } => {
                write!(f, "r{at} folds some of {}, pick {pick:#018x}", item(*n))
            }
            Act::Prune { at } => write!(f, "r{at} drops needless lines"),
            Act::Erase { at, of } => write!(f, "r{at} is told to redact #{of}"),
            Act::Backup { at } => write!(f, "r{at} is backed up"),
            Act::Restore { of, fork } => match fork {
                Some(peer) => write!(
                    f,
                    "the backup of #{of} is restored, with a clock from r{peer}"
                ),
                None => write!(f, "the backup of #{of} is restored, with its old clock"),
            },
            Act::Refork { a, b } => write!(f, "r{a} and r{b} share their clock ids anew"),
            Act::Forge {
                to,
                item: n,
                lie,
                pick,
            } => {
                write!(f, "r{to} is sent a forged payload of {}, ", item(*n))?;
                match lie {
                    Lie::Claim => write!(f, "which claims too much, pick {pick:#018x}"),
                    Lie::Foreign { masked } => {
                        let texts = if *masked { " and has no texts" } else { "" };
                        write!(f, "which covers nothing{texts}, pick {pick:#018x}")
                    }
                    Lie::Twist { of, kind, data } => {
                        write!(f, "with the key of #{of} over {kind} {data}")
                    }
                }
            }
            Act::Damage { at, item: n, pick } => {
                write!(
                    f,
                    "the export of {} by r{at} is damaged, pick {pick:#018x}",
                    item(*n)
                )
            }
        }
    }
}
