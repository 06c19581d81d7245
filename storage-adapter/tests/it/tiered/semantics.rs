//! What reads of the past say.

use storage_adapter::{At, Batch, Compaction, HistoryError, StoreError};

use super::model::{HOUR, MINUTE, Pair, compaction, hash, held, line, memory, small};

/// A store with one commit every five minutes, each an event of one of two items.
fn grown(commits: u64) -> Pair {
    let mut pair = Pair::new();
    for n in 0..commits {
        let item = format!("bn-{}", n % 2);
        pair.apply(None, &[line(&item, n / 2)], n * 5 * MINUTE);
    }
    pair
}

#[test]
fn reads_behind_the_floor_are_exact_at_every_commit() {
    let mut pair = grown(40);
    for clock in [3 * HOUR, 4 * HOUR, 9 * HOUR] {
        pair.compact(Some(small()), clock);
        pair.check();
        pair.reopen();
        pair.check();
        let next = pair.store.commit();
        pair.apply(None, &[line("bn-late", next)], clock);
        pair.check();
    }
}

#[test]
fn a_read_before_the_floor_names_the_commit_it_shows() {
    let mut pair = grown(40);
    let outcome = pair.compact(Some(small()), 200 * MINUTE);
    assert!(
        outcome.changed && outcome.commits_dropped > 10,
        "{outcome:?}"
    );
    let view = pair.store.view();
    let kept: Vec<u64> = view.commits().map(|(commit, _)| commit).collect();
    let forgotten = (kept[1] + 1..view.commit())
        .find(|n| !kept.contains(n))
        .unwrap();
    let moment = view.at(At::Commit(forgotten)).unwrap();
    assert!(!moment.is_exact() && moment.commit() < forgotten);
    assert!(view.at(At::Commit(moment.commit())).unwrap().is_exact());
}

#[test]
fn a_read_below_the_oldest_survivor_is_refused_by_name() {
    let mut pair = grown(20);
    pair.compact(None, HOUR);
    let view = pair.store.view();
    assert_eq!(view.floor(), 20);
    let gone = HistoryError::Gone {
        asked: 19,
        oldest: 20,
    };
    assert_eq!(view.at(At::Commit(19)).map(drop), Err(gone));
    assert!(view.at(At::Commit(0)).is_err(), "never an empty document");
    let not_yet = HistoryError::NotYet {
        asked: 21,
        newest: 20,
    };
    assert_eq!(view.at(At::Commit(21)).map(drop), Err(not_yet));
}

#[test]
fn watching_from_a_compacted_commit_is_told_where_to_resume() {
    let mut pair = grown(20);
    pair.compact(None, HOUR);
    pair.apply(None, &[line("bn-0", 99)], 2 * HOUR);
    let told = HistoryError::Compacted {
        asked: 3,
        resume: 20,
    };
    assert_eq!(pair.store.since(3).map(drop), Err(told));
    let changes: Vec<_> = pair.store.since(20).unwrap().map(Result::unwrap).collect();
    assert_eq!((changes.len(), changes[0].commit), (1, 21));
    assert_eq!(changes[0].items[0].events.len(), 1);
    assert_eq!(pair.store.since(21).unwrap().map(Result::unwrap).count(), 0);
}

#[test]
fn reads_at_a_time_show_the_last_commit_made_by_then() {
    let mut pair = grown(10);
    let at = |pair: &Pair, micros| {
        let moment = pair
            .store
            .at(At::Time(micros))
            .map(|m| (m.commit(), m.is_exact()));
        moment.map_err(|error| error.to_string())
    };
    assert_eq!(at(&pair, 0), Ok((1, true)));
    assert_eq!(at(&pair, 5 * MINUTE - 1), Ok((1, true)));
    assert_eq!(at(&pair, 5 * MINUTE), Ok((2, true)));
    assert_eq!(at(&pair, u64::MAX), Ok((10, true)));
    pair.compact(None, HOUR);
    assert_eq!(at(&pair, u64::MAX), Ok((10, true)));
    assert!(at(&pair, 5 * MINUTE).unwrap_err().contains("is gone"));
    let empty = memory();
    assert_eq!(
        empty.at(At::Time(7)).map(drop),
        Err(HistoryError::NothingThen)
    );
}

#[test]
fn one_item_reads_as_the_whole_store_does() {
    let mut pair = grown(30);
    for _ in 0..2 {
        let view = pair.store.view();
        for commit in view.floor()..=view.commit() {
            let moment = view.at(At::Commit(commit)).unwrap();
            for (id, state) in moment.states().map(Result::unwrap) {
                assert_eq!(moment.state(id).unwrap().as_deref(), Some(&*state));
            }
        }
        pair.compact(Some(small()), 150 * MINUTE);
    }
}

#[test]
fn redactions_hold_in_the_past_as_well() {
    let mut pair = grown(30);
    let held = |pair: &Pair, text: &str| {
        use storage_adapter::{LogReader, LogStore};
        let reader = pair.store.log().reader();
        let mut frames = reader.frames().map(Result::unwrap);
        frames.any(|f| String::from_utf8_lossy(&f.body).contains(text))
    };
    pair.compact(Some(small()), 110 * MINUTE);
    // The first title that a version below the floor still needs.
    let text = |n: u64| format!(" {n} words of bn-0 ");
    let n = (0..30).find(|n| held(&pair, &text(*n))).unwrap();
    let (secret, text) = (line("bn-0", n), text(n));
    pair.redact(std::slice::from_ref(&secret), 151 * MINUTE);
    let shows = |pair: &Pair| {
        let view = pair.store.view();
        view.commits().any(|(commit, _)| {
            let moment = view.at(At::Commit(commit)).unwrap();
            let state = moment.state("bn-0").unwrap().unwrap();
            String::from_utf8_lossy(&state.encode("bn-0")).contains(&text)
        })
    };
    pair.check();
    assert!(!shows(&pair), "masked at once");
    assert!(pair.store.redactions().contains(&hash(&secret)));
    assert!(held(&pair, &text));
    pair.compact(Some(small()), 160 * MINUTE);
    pair.check();
    assert!(
        !held(&pair, &text) && !shows(&pair),
        "and gone after compaction"
    );
}

#[test]
fn compacting_twice_writes_nothing_the_second_time() {
    let mut pair = grown(40);
    pair.apply(None, &[line("bn-young", 0)], 200 * MINUTE);
    assert!(pair.compact(Some(small()), 200 * MINUTE).changed);
    let again = pair.compact(Some(small()), 200 * MINUTE);
    assert!(!again.changed && again.commits_dropped == 0, "{again:?}");
    pair.reopen();
    assert!(!pair.compact(Some(small()), 200 * MINUTE).changed);
}

#[test]
fn a_clock_that_jumps_ahead_needs_leave() {
    let mut pair = grown(40);
    pair.compact(Some(small()), 200 * MINUTE);
    let before: Vec<_> = pair.store.commits().collect();
    let careful = Compaction {
        accept_clock_jump: false,
        ..compaction(Some(small()), 90_000 * HOUR)
    };
    let refused = pair.store.compact(&careful).unwrap_err();
    assert!(matches!(refused, StoreError::Retention(_)), "{refused}");
    assert_eq!(pair.store.commits().collect::<Vec<_>>(), before);
    // Backwards nothing more is let go of.
    assert!(!pair.compact(Some(small()), 100 * MINUTE).changed);
    assert_eq!(pair.store.commits().collect::<Vec<_>>(), before);
    assert!(pair.compact(Some(small()), 90_000 * HOUR).changed);
    pair.check();
}

#[test]
fn a_parameter_that_cannot_be_is_refused_before_anything_is_written() {
    let mut pair = grown(4);
    let bad = storage_adapter::RetentionConfig {
        slots_per_tier: 1,
        ..small()
    };
    let refused = pair.store.compact(&compaction(Some(bad), HOUR));
    assert!(matches!(refused, Err(StoreError::Retention(_))));
    pair.check();
}

/// More readable commits than a node of the map of them holds, and gaps between them.
#[test]
fn the_nearest_commit_before_is_found_among_many() {
    let mut store = memory();
    for n in 1..=400 {
        let events = vec![held(&line("bn-0", n))];
        let batch = Batch {
            events,
            ..Batch::default()
        };
        store.apply(batch, n).unwrap();
    }
    for pinned in (2..400).step_by(3) {
        store.pin(pinned, 400).unwrap();
    }
    assert!(store.compact(&compaction(None, HOUR)).unwrap().changed);
    let readable: Vec<u64> = store.commits().map(|(commit, _)| commit).collect();
    assert!(readable.len() > 100 && store.floor() > 400);
    for asked in 2..=store.commit() {
        let nearest = readable.iter().rfind(|commit| **commit <= asked).unwrap();
        let found = store.at(At::Commit(asked)).unwrap();
        assert_eq!(found.commit(), *nearest, "asked for {asked}");
        assert_eq!(found.is_exact(), asked == *nearest, "asked for {asked}");
    }
    assert!(store.at(At::Commit(1)).is_err());
}
