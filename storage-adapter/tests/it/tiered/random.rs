//! Random lives of a store, each read at every commit after every compaction.

use proptest::prelude::*;
use storage_adapter::{Compaction, Reach, RetentionConfig};

use super::model::{MINUTE, Pair, compaction, line, small};

#[derive(Debug, Clone)]
enum Step {
    Apply {
        scope: bool,
        item: u8,
        n: u8,
    },
    Redact {
        item: u8,
        n: u8,
    },
    Scope,
    Schema {
        end: bool,
        abort: bool,
    },
    Pin {
        back: u64,
    },
    Unpin,
    Compact {
        config: u8,
        early: u64,
        reach: Reach,
    },
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        8 => (any::<bool>(), 0..4_u8, 0..8_u8).prop_map(|(scope, item, n)| Step::Apply { scope, item, n }),
        1 => (0..4_u8, 0..8_u8).prop_map(|(item, n)| Step::Redact { item, n }),
        1 => Just(Step::Scope),
        1 => any::<(bool, bool)>().prop_map(|(end, abort)| Step::Schema { end, abort }),
        1 => (0..6_u64).prop_map(|back| Step::Pin { back }),
        1 => Just(Step::Unpin),
        4 => (0..3_u8, 0..60_u64, any::<bool>()).prop_map(|(config, early, all)| {
            let reach = if all { Reach::Everything } else { Reach::Worthwhile };
            Step::Compact { config, early, reach }
        }),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec((0..25_u64, step), 1..40)
}

fn run(steps: Vec<(u64, Step)>) {
    let mut pair = Pair::new();
    let mut minutes = 100_u64;
    let mut scope = None;
    for (passed, step) in steps {
        minutes += passed;
        let now = minutes * MINUTE;
        match step {
            Step::Apply {
                scope: over,
                item,
                n,
            } => {
                let target = scope.as_ref().filter(|_| over).cloned();
                pair.apply(
                    target.as_ref(),
                    &[line(&format!("bn-{item}"), n.into())],
                    now,
                );
            }
            Step::Redact { item, n } => {
                pair.redact(&[line(&format!("bn-{item}"), n.into())], now);
            }
            Step::Scope if scope.is_some() => {
                pair.delete_scope("s", now);
                scope = None;
            }
            Step::Scope => scope = Some(pair.create_scope("s", now)),
            Step::Schema { end: false, .. } => {
                let ours = pair.store.begin_schema("v", now).is_ok();
                assert_eq!(pair.model.begin_schema("v", now).is_ok(), ours);
            }
            Step::Schema { abort: false, .. } => {
                let ours = pair.store.complete_schema(now).is_ok();
                assert_eq!(pair.model.complete_schema(now).is_ok(), ours);
            }
            Step::Schema { .. } => {
                let ours = pair.store.abort_schema(now).is_ok();
                assert_eq!(pair.model.abort_schema(now).is_ok(), ours);
            }
            Step::Pin { back } => {
                let commit = pair.store.commit().saturating_sub(back);
                if pair.store.pin(commit, now).is_ok() {
                    pair.model.pin(commit, now).unwrap();
                }
            }
            Step::Unpin => {
                if let Some(pin) = pair.store.pins().first().copied() {
                    pair.store.unpin(pin, now).unwrap();
                    pair.model.unpin(pin, now).unwrap();
                }
            }
            Step::Compact {
                config,
                early,
                reach,
            } => {
                let config = match config {
                    0 => None,
                    1 => Some(small()),
                    _ => Some(RetentionConfig {
                        slots_per_tier: 4,
                        ..small()
                    }),
                };
                pair.compact_by(&Compaction {
                    reach,
                    ..compaction(config, now.saturating_sub(early * MINUTE))
                });
                pair.check();
            }
            Step::Reopen => pair.reopen(),
        }
    }
    pair.check();
    pair.reopen();
    pair.check();
    let check = pair.store.verify(&[]).unwrap();
    assert!(check.is_sound(), "{check:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_life_reads_as_if_it_had_never_been_compacted(steps in steps()) {
        run(steps);
    }
}
