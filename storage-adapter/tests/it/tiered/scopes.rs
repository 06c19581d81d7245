//! Scopes: overlays of the base.

use storage_adapter::{At, Batch, StoreError};

use super::model::{HOUR, MINUTE, Pair, held, line, small};

#[test]
fn a_scope_reads_as_the_base_and_what_lies_over_it() {
    let mut pair = Pair::new();
    pair.apply(None, &[line("bn-0", 0)], 0);
    let draft = pair.create_scope("draft", MINUTE);
    pair.apply(
        Some(&draft),
        &[line("bn-0", 1), line("bn-new", 0)],
        2 * MINUTE,
    );
    pair.apply(None, &[line("bn-0", 2)], 3 * MINUTE);
    let view = pair.store.view();
    let ids = |moment: storage_adapter::Moment<'_, _>| -> Vec<String> {
        moment
            .states()
            .map(Result::unwrap)
            .map(|(id, _)| id.to_owned())
            .collect()
    };
    assert_eq!(ids(view.now()), ["bn-0"]);
    assert_eq!(
        ids(view.now().in_scope("draft").unwrap()),
        ["bn-0", "bn-new"]
    );
    let covered = |moment: storage_adapter::Moment<'_, _>| {
        moment.state("bn-0").unwrap().unwrap().coverage().len()
    };
    assert_eq!(covered(view.now()), 2);
    assert_eq!(covered(view.now().in_scope("draft").unwrap()), 3);
    let before = view.at(At::Commit(2)).unwrap().in_scope("draft").unwrap();
    assert_eq!(covered(before), 1);
    pair.check();
}

#[test]
fn an_idle_scope_outlives_a_hundred_compactions_and_a_restart() {
    let mut pair = Pair::new();
    let idle = pair.create_scope("idle", 0);
    pair.apply(Some(&idle), &[line("bn-0", 0), line("bn-0", 1)], MINUTE);
    for n in 0..100 {
        let now = HOUR * (n + 1);
        pair.apply(None, &[line("bn-1", n)], now);
        pair.compact(Some(small()), now + 30 * MINUTE);
    }
    pair.check();
    pair.reopen();
    pair.check();
    let view = pair.store.view();
    let moment = view.now().in_scope("idle").unwrap();
    assert_eq!(moment.state("bn-0").unwrap().unwrap().coverage().len(), 2);
}

#[test]
fn a_deleted_scope_is_out_of_reach_at_once_and_gone_after_compaction() {
    let mut pair = Pair::new();
    let gone = pair.create_scope("gone", 0);
    pair.apply(Some(&gone), &[line("bn-canary", 0)], MINUTE);
    let reader = pair.store.view();
    pair.delete_scope("gone", 2 * MINUTE);
    let unknown = pair.store.now().in_scope("gone").map(drop);
    assert!(matches!(unknown, Err(StoreError::UnknownScope { .. })));
    // A reader of the version before finishes on that.
    let moment = reader.now().in_scope("gone").unwrap();
    assert!(moment.state("bn-canary").unwrap().is_some());
    let stored = |pair: &Pair| {
        use storage_adapter::{LogReader, LogStore};
        let reader = pair.store.log().reader();
        let mut frames = reader.frames().map(Result::unwrap);
        frames.any(|f| String::from_utf8_lossy(&f.body).contains("bn-canary"))
    };
    assert!(stored(&pair));
    assert!(pair.compact(Some(small()), 3 * MINUTE).changed);
    assert!(!stored(&pair));
    pair.reopen();
    let unknown = pair.store.now().in_scope("gone").map(drop);
    assert!(matches!(unknown, Err(StoreError::UnknownScope { .. })));
    assert!(!pair.compact(Some(small()), 3 * MINUTE).changed);
    // Made again, it is another and holds nothing.
    let again = pair.create_scope("gone", 4 * MINUTE);
    assert_ne!(again, gone);
    assert_eq!(
        pair.store
            .now()
            .in_scope("gone")
            .unwrap()
            .states()
            .map(Result::unwrap)
            .count(),
        0
    );
    // What comes late for the first is left out, and said to be.
    let late = Batch {
        events: vec![held(&line("bn-late", 0))],
        scope: Some(gone),
        ..Batch::default()
    };
    let report = pair.store.apply(late, 5 * MINUTE).unwrap();
    assert_eq!((report.dropped, report.events_added), (1, 0));
    assert_eq!(
        pair.store
            .now()
            .in_scope("gone")
            .unwrap()
            .states()
            .map(Result::unwrap)
            .count(),
        0
    );
    pair.check();
}

#[test]
fn a_scope_keeps_its_past_with_the_commits_that_keep_theirs() {
    let mut pair = Pair::new();
    let scope = pair.create_scope("s", 0);
    for n in 0..40 {
        let target = (n % 3 == 0).then_some(&scope);
        pair.apply(target, &[line("bn-0", n)], n * 5 * MINUTE);
    }
    for clock in [200, 260, 500, 900] {
        pair.compact(Some(small()), clock * MINUTE);
        pair.check();
        pair.reopen();
        pair.check();
    }
    assert!(pair.store.commits().count() < 20);
}

#[test]
fn names_that_cannot_be_and_names_that_are_taken_are_refused() {
    let mut pair = Pair::new();
    pair.create_scope("a", 0);
    let mut refused = |name: &str| pair.store.create_scope(name, 1).unwrap_err();
    assert!(matches!(refused("a"), StoreError::ScopeExists { .. }));
    assert!(matches!(refused(""), StoreError::BadName { .. }));
    assert!(matches!(refused("a\nb"), StoreError::BadName { .. }));
    assert!(matches!(
        refused(&"x".repeat(256)),
        StoreError::BadName { .. }
    ));
    let missing = pair.store.delete_scope("b", 1);
    assert!(matches!(missing, Err(StoreError::UnknownScope { .. })));
    assert_eq!(pair.store.commit(), 1, "nothing was written");
}
