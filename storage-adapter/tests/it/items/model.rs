//! Stores under random use, against a model that keeps every event and never compacts.

use std::collections::BTreeMap;

use bones_compact::CompactionPolicy;
use bones_snapshot::{EventHash, ItemState, Order};
use lattice_core::{JoinSemilattice, Set, join_all};
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;
use storage_adapter::{Batch, ItemStore};

use super::history::histories;
use super::support::{Place, event, everything, forgetful, hash, views};

#[derive(Debug, Clone)]
enum Step {
    /// Some of the log reaches a store, chosen by the bits of `mask`, forwards or backwards.
    Import {
        store: usize,
        mask: u32,
        backwards: bool,
    },
    /// Somebody redacts an event of the log, known to the store or not.
    Redact {
        store: usize,
        pick: usize,
    },
    Compact {
        store: usize,
        policy: usize,
    },
    Reopen {
        store: usize,
    },
    /// One store tells another all it knows.
    Send {
        from: usize,
        to: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let store = 0..3_usize;
    let step = prop_oneof![
        4 => (store.clone(), any::<u32>(), any::<bool>())
            .prop_map(|(store, mask, backwards)| Step::Import { store, mask, backwards }),
        2 => (store.clone(), any::<usize>()).prop_map(|(store, pick)| Step::Redact { store, pick }),
        3 => (store.clone(), 0..4_usize).prop_map(|(store, policy)| Step::Compact { store, policy }),
        1 => store.clone().prop_map(|store| Step::Reopen { store }),
        2 => (store.clone(), store).prop_map(|(from, to)| Step::Send { from, to }),
    ];
    prop::collection::vec(step, 1..16)
}

fn policy(number: usize) -> CompactionPolicy {
    match number {
        0 => CompactionPolicy {
            min_age_days: 0,
            ..CompactionPolicy::default()
        },
        1 => CompactionPolicy {
            dry_run: true,
            ..everything()
        },
        _ => everything(),
    }
}

/// Everything a store was told: events by their lines, and redactions.
#[derive(Clone, Default)]
struct Model {
    lines: Vec<String>,
    redactions: Set<EventHash>,
}

impl Model {
    fn learn<S: Order>(&mut self, lines: &[String]) {
        for line in lines {
            if !self.lines.contains(line) {
                self.lines.push(line.clone());
                self.redactions
                    .join_ref(event::<S>(line).event().delta().redacted());
            }
        }
    }

    fn hear<S: Order>(&mut self, other: &Self) {
        self.learn::<S>(&other.lines);
        self.redactions.join_ref(&other.redactions);
    }

    /// The fold of all events known, item by item.
    fn states<S: Order>(&self) -> BTreeMap<String, ItemState<S>> {
        let mut items: BTreeMap<String, Vec<ItemState<S>>> = BTreeMap::new();
        for line in &self.lines {
            let event = event::<S>(line);
            let id = event.event().event().item_id.to_string();
            items.entry(id).or_default().push(event.event().delta());
        }
        let folded = items.into_iter().map(|(id, deltas)| {
            let mut state = join_all(deltas);
            state.redact(&self.redactions);
            (id, state)
        });
        folded.collect()
    }
}

fn agree<S: Order>(store: &ItemStore<S>, model: &Model) {
    let held: BTreeMap<String, ItemState<S>> = store
        .states()
        .map(Result::unwrap)
        .map(|(id, state)| (id.to_owned(), state.clone()))
        .collect();
    assert_eq!(held, model.states::<S>());
    assert_eq!(store.redactions(), &model.redactions);
}

fn stores_follow_their_models<S: Order>(lines: &[String], steps: &[Step]) {
    let place = Place::new();
    let names = ["a", "b", "c"];
    let mut stores: Vec<ItemStore<S>> = names.map(|name| place.store(name)).into();
    let mut models = vec![Model::default(); 3];
    for step in steps {
        let touched = match *step {
            Step::Import {
                store,
                mask,
                backwards,
            } => {
                let bits = lines.iter().zip((0..32).cycle());
                let some = bits.filter(|(_, bit)| mask >> bit & 1 == 1);
                let mut some: Vec<String> = some.map(|(line, _)| line.clone()).collect();
                if backwards {
                    some.reverse();
                }
                super::support::import(&mut stores[store], &some);
                models[store].learn::<S>(&some);
                store
            }
            Step::Redact { store, pick } => {
                let target = Set::singleton(hash(&lines[pick % lines.len()]));
                super::support::redact(&mut stores[store], &target);
                models[store].redactions.join(target);
                store
            }
            Step::Compact {
                store,
                policy: number,
            } => {
                stores[store]
                    .compact(&forgetful(&policy(number), u64::MAX))
                    .unwrap();
                store
            }
            Step::Reopen { store } => {
                // The old owner must let go of the directory first.
                let spare = place.path("spare");
                let spare =
                    ItemStore::open(&spare).map_or_else(|_| place.store("spare"), |(s, _)| s);
                drop(std::mem::replace(&mut stores[store], spare));
                stores[store] = ItemStore::open(&place.path(names[store])).unwrap().0;
                store
            }
            Step::Send { from, to } => {
                let export = stores[from].export().unwrap();
                stores[to].apply(export.into(), 1).unwrap();
                let sender = models[from].clone();
                models[to].hear::<S>(&sender);
                to
            }
        };
        agree(&stores[touched], &models[touched]);
    }
    for (store, model) in stores.iter().zip(&models) {
        let batch = Batch {
            events: model.lines.iter().rev().map(|line| event(line)).collect(),
            redactions: model.redactions.clone(),
            ..Batch::default()
        };
        let mut plain = place.store::<S>(&format!("plain-{:x}", store.digest().unwrap()[0]));
        plain.apply(batch, 1).unwrap();
        assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
        assert_eq!(views(store), views(&plain));
        std::fs::remove_dir_all(place.path(&format!("plain-{:x}", store.digest().unwrap()[0])))
            .unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_store_shows_the_fold_of_all_it_was_told(lines in histories(20), steps in steps()) {
        stores_follow_their_models::<Unstamped>(&lines, &steps);
    }

    #[test]
    fn a_store_under_stamps_shows_the_fold_of_all_it_was_told(
        lines in histories(20),
        steps in steps(),
    ) {
        stores_follow_their_models::<Itc>(&lines, &steps);
    }
}
