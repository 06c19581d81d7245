//! A snapshot's claim to cover an event is only a claim: what it does not hold is never lost.

use bones_snapshot::{Content, EventHash, ItemState, Order, SnapshotPayload};
use lattice_core::{Bottom, Cell, Map, Set, join_all};
use lattice_lww::{Itc, Unstamped};
use storage_adapter::{Batch, Export, ItemCheck, ItemStore};

use super::support::{
    Place, batch, compact, event, files, finished, hash, import, line, real_logs, redact, views,
};

/// The state of some lines of one item.
fn state<S: Order>(lines: &[String]) -> ItemState<S> {
    join_all(lines.iter().map(|line| event::<S>(line).event().delta()))
}

/// A snapshot of `held` that claims to cover `claimed`.
fn claiming<S: Order>(held: &[String], claimed: &[String]) -> SnapshotPayload<S> {
    let mut content = state::<S>(held).content().clone();
    content.coverage = state::<S>(claimed).coverage().clone();
    let forged = ItemState::new(content, Set::bottom());
    SnapshotPayload::new("bn-0", forged, &Set::bottom())
}

/// Brings a payload in as an export does, by way of a file.
fn bring<S: Order>(place: &Place, store: &mut ItemStore<S>, payload: SnapshotPayload<S>) {
    let file = place.path("forged");
    let export = Export {
        redactions: Set::bottom(),
        payloads: vec![payload],
    };
    export.write(&file).unwrap();
    store.apply(Export::read(&file).unwrap().into(), 1).unwrap();
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Forged,
    Real,
    Compact,
    Reopen,
}

/// Every order of one forged import and one real one with compactions and reopenings between.
fn interleavings() -> Vec<Vec<Step>> {
    use Step::{Compact, Forged, Real, Reopen};
    let mut all = Vec::new();
    for pair in [[Forged, Real], [Real, Forged]] {
        for between in [vec![], vec![Compact], vec![Reopen], vec![Compact, Reopen]] {
            for after in [vec![], vec![Compact], vec![Reopen, Compact, Reopen]] {
                let steps = [&pair[..1], &between, &pair[1..], &after].concat();
                all.push(steps);
            }
        }
    }
    all
}

fn nothing_is_lost<S: Order>() {
    let lines = finished(1);
    let place = Place::new();
    let plain = place.plain::<S>(&lines, &Set::new());
    for (n, steps) in interleavings().into_iter().enumerate() {
        // What the snapshot holds of what it claims: nothing, some of it, all but one event.
        for held in [0, 2, lines.len() - 1] {
            let name = format!("store-{n}-{held}");
            let mut store = place.store::<S>(&name);
            for step in &steps {
                match step {
                    Step::Forged => bring(&place, &mut store, claiming(&lines[..held], &lines)),
                    Step::Real => _ = import(&mut store, &lines),
                    Step::Compact => _ = compact(&mut store),
                    Step::Reopen => {
                        drop(store);
                        store = ItemStore::open(&place.path(&name)).unwrap().0;
                    }
                }
            }
            assert_eq!(views(&store), views(&plain), "{steps:?}, {held} held");
            assert_eq!(
                store.digest().unwrap(),
                plain.digest().unwrap(),
                "{steps:?}, {held} held"
            );
            if steps.last() != Some(&Step::Real) {
                continue;
            }
            // Whatever the order, the last compaction keeps the sources in substance.
            compact(&mut store);
            assert_eq!(
                store.digest().unwrap(),
                plain.digest().unwrap(),
                "{steps:?}, then compacted"
            );
        }
    }
}

#[test]
fn a_claim_before_or_after_the_real_events_loses_nothing() {
    nothing_is_lost::<Unstamped>();
    nothing_is_lost::<Itc>();
}

#[test]
fn an_empty_claim_shows_nothing_and_hides_nothing() {
    let place = Place::new();
    let lines = finished(1);
    let mut store = place.store::<Unstamped>("store");
    bring(&place, &mut store, claiming(&[], &lines));
    compact(&mut store);
    assert!(!views(&store)["bn-0"].contains("remark on 0"));
    let report = import(&mut store, &lines);
    assert_eq!(report.events_added, lines.len());
    assert!(views(&store)["bn-0"].contains("remark on 0"));
    // Now that it is held, it is known.
    assert_eq!(import(&mut store, &lines).events_added, 0);
}

#[test]
fn every_source_covered_by_a_snapshot_may_be_deleted() {
    let place = Place::new();
    let lines = finished(2);
    let mut whole = place.plain::<Itc>(&lines, &Set::new());
    let before = (whole.digest().unwrap(), views(&whole));
    let outcome = compact(&mut whole);
    assert_eq!(
        (
            outcome.report.items_compacted,
            outcome.report.events_replaced
        ),
        (2, 10)
    );
    assert_eq!(whole.stats().unwrap().events_raw, 0);
    assert_eq!((whole.digest().unwrap(), views(&whole)), before);
    for gone in 0..=lines.len() {
        let mut rest = lines.clone();
        rest.drain(gone..(gone + 1).min(lines.len()));
        let mut store = place.store::<Itc>(&format!("store-{gone}"));
        import(&mut store, &rest);
        store.apply(whole.export().unwrap().into(), 1).unwrap();
        assert_eq!((store.digest().unwrap(), views(&store)), before);
        compact(&mut store);
        assert_eq!((store.digest().unwrap(), views(&store)), before);
    }
}

#[test]
fn real_sources_may_be_deleted_when_covered() {
    for folder in real_logs() {
        let place = Place::new();
        let lines = super::support::lines_of(&folder);
        let whole = place.plain::<Unstamped>(&lines, &Set::new());
        let rest: Vec<String> = lines.iter().skip(1).step_by(2).cloned().collect();
        let mut store = place.store::<Unstamped>("store");
        import(&mut store, &rest);
        store.apply(whole.export().unwrap().into(), 1).unwrap();
        compact(&mut store);
        assert_eq!(store.digest().unwrap(), whole.digest().unwrap());
    }
}

#[test]
fn a_snapshot_that_holds_what_an_event_wrote_stands_for_it() {
    let place = Place::new();
    let lines = finished(1);
    let mut store = place.store::<Unstamped>("store");
    bring(&place, &mut store, claiming(&lines, &lines));
    let before = files(&place.path("store"));
    assert_eq!(import(&mut store, &lines).events_added, 0);
    assert_eq!(files(&place.path("store")), before);
}

#[test]
fn a_hidden_write_of_an_event_that_comes_later_does_not_break_the_store() {
    // The forger writes a comment under the name of an event, its text redacted, and claims neither
    // to cover it nor that anybody redacted it.
    let place = Place::new();
    let lines = finished(1);
    let comment = state::<Unstamped>(&lines[1..2]);
    let (key, _) = comment.content().comments.as_slice()[0].clone();
    let mut content = Content::bottom();
    content.comments = Map::singleton(key, Cell::Redacted);
    content.coverage = Set::singleton(EventHash([8; 32]));
    let forged = ItemState::new(content, Set::bottom());
    let forged = SnapshotPayload::new("bn-0", forged, &Set::bottom());
    let mut store = place.store::<Unstamped>("store");
    bring(&place, &mut store, forged);
    import(&mut store, &lines);
    let before = (store.digest().unwrap(), views(&store));
    let outcome = compact(&mut store);
    assert_eq!(outcome.report.items_compacted, 1);
    assert_eq!((store.digest().unwrap(), views(&store)), before);
    let mut other = place.store::<Unstamped>("other");
    place.send(&store, &mut other);
    assert_eq!(other.digest().unwrap(), before.0);
    drop(store);
    let (store, _) = ItemStore::<Unstamped>::open(&place.path("store")).unwrap();
    assert_eq!((store.digest().unwrap(), views(&store)), before);
}

#[test]
fn a_foreign_snapshot_does_not_stand_for_redactions_it_does_not_know() {
    let place = Place::new();
    let lines = finished(1);
    let mut store = place.store::<Unstamped>("store");
    redact(&mut store, &Set::singleton(hash(&lines[1])));
    bring(&place, &mut store, claiming(&lines, &lines));
    assert!(!views(&store)["bn-0"].contains("remark on 0"));
    let plain = place.plain::<Unstamped>(&lines, &Set::singleton(hash(&lines[1])));
    assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
}

#[test]
fn verification_says_which_claims_it_can_not_check() {
    let place = Place::new();
    let lines = finished(1);
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &lines);
    let sound = store.verify(&[]).unwrap();
    assert!(sound.is_sound());
    assert_eq!(sound.items["bn-0"], ItemCheck::Verified);
    assert_eq!(sound.hashes, lines.len());
    compact(&mut store);
    let compacted = store.verify(&[]).unwrap();
    assert_eq!(
        compacted.items["bn-0"],
        ItemCheck::Unverifiable { missing: 5 }
    );
    let sources = batch::<Unstamped>(&lines).events;
    assert_eq!(
        store.verify(&sources).unwrap().items["bn-0"],
        ItemCheck::Verified
    );
    let part = store.verify(&sources[..3]).unwrap();
    assert_eq!(part.items["bn-0"], ItemCheck::Unverifiable { missing: 2 });

    // A claim without substance is found by the event itself, and by no other means.
    let late = line(9, "item.comment", "bn-0", r#"{"body":"late"}"#);
    let more = [&lines[..], std::slice::from_ref(&late)].concat();
    bring(&place, &mut store, claiming(&lines, &more));
    let blind = store.verify(&sources).unwrap();
    assert_eq!(blind.items["bn-0"], ItemCheck::Unverifiable { missing: 1 });
    let seen = store.verify(&batch(&more).events).unwrap();
    assert!(!seen.is_sound());
    let ItemCheck::Failed { why } = &seen.items["bn-0"] else {
        panic!("{:?}", seen.items);
    };
    assert!(why.contains("does not hold what it wrote"), "{why}");
    // The event itself, imported, mends it.
    import(&mut store, &[late]);
    assert!(store.verify(&batch(&more).events).unwrap().is_sound());
}

#[test]
fn a_write_of_an_event_that_nobody_covers_is_shown_and_fails_verification() {
    let place = Place::new();
    let lines = finished(1);
    let mut content = state::<Unstamped>(&lines).content().clone();
    content.coverage = state::<Unstamped>(&lines[1..]).coverage().clone();
    let forged = ItemState::new(content, Set::bottom());
    let mut store = place.store::<Unstamped>("store");
    let batch = Batch {
        payloads: vec![SnapshotPayload::new("bn-0", forged, &Set::bottom())],
        ..Batch::default()
    };
    store.apply(batch, 1).unwrap();
    let ItemCheck::Failed { why } = &store.verify(&[]).unwrap().items["bn-0"] else {
        panic!("not found");
    };
    assert!(why.contains("which it does not cover"), "{why}");
    // The event makes it whole again.
    import(&mut store, &lines[..1]);
    let plain = place.plain::<Unstamped>(&lines, &Set::new());
    assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
}
