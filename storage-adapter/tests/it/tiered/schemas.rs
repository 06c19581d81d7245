//! Schema migrations, and pins.

use storage_adapter::{At, StoreError};

use super::model::{HOUR, MINUTE, Pair, line, small};

impl Pair {
    fn begin(&mut self, name: &str, at: u64) -> u64 {
        let commit = self.store.begin_schema(name, at).unwrap();
        assert_eq!(self.model.begin_schema(name, at).unwrap(), commit);
        commit
    }

    fn complete(&mut self, at: u64) -> u64 {
        let commit = self.store.complete_schema(at).unwrap();
        assert_eq!(self.model.complete_schema(at).unwrap(), commit);
        commit
    }

    fn abort(&mut self, at: u64) {
        let commit = self.store.abort_schema(at).unwrap();
        assert_eq!(self.model.abort_schema(at).unwrap(), commit);
    }

    fn is_exact(&self, commit: u64) -> bool {
        let moment = self.store.at(At::Commit(commit));
        moment.is_ok_and(|moment| moment.is_exact())
    }

    /// A commit, and a compaction an hour later.
    fn live(&mut self, n: u64) {
        self.apply(None, &[line("bn-0", n)], n * HOUR);
        self.compact(Some(small()), n * HOUR + 30 * MINUTE);
    }
}

#[test]
fn the_active_schema_is_pinned_and_the_pin_moves_when_another_completes() {
    let mut pair = Pair::new();
    pair.live(0);
    pair.begin("first", 1);
    let first = pair.complete(2);
    let begun = (1..300).inspect(|n| pair.live(*n)).count();
    assert!(pair.is_exact(first), "after {begun} compactions");
    pair.check();
    let pending = pair.begin("second", 300 * HOUR + 1);
    (301..400).for_each(|n| pair.live(n));
    assert!(pair.is_exact(first) && pair.is_exact(pending));
    let second = pair.complete(400 * HOUR);
    (401..800).for_each(|n| pair.live(n));
    assert!(pair.is_exact(second) && !pair.is_exact(first) && !pair.is_exact(pending));
    pair.check();
}

#[test]
fn a_pending_migration_survives_compaction_and_restart() {
    let mut pair = Pair::new();
    pair.live(0);
    let pending = pair.begin("next", 1);
    for n in 1..20 {
        pair.live(n);
        pair.reopen();
    }
    assert_eq!(
        pair.store.schemas().pending.as_ref().map(|s| s.commit),
        Some(pending)
    );
    pair.complete(21 * HOUR);
    pair.check();
    pair.compact(Some(small()), 22 * HOUR);
    pair.reopen();
    pair.check();
    assert_eq!(&*pair.store.schemas().active.clone().unwrap().name, "next");
}

#[test]
fn records_of_a_migration_go_only_after_its_outcome_is_durable() {
    use storage_adapter::{LogReader, LogStore};
    let mut pair = Pair::new();
    pair.live(0);
    let records = |pair: &Pair| {
        let reader = pair.store.log().reader();
        let names = |body: &[u8]| String::from_utf8_lossy(body).contains("given-up");
        let frames = reader.frames().map(Result::unwrap);
        frames.filter(|frame| names(&frame.body)).count()
    };
    pair.begin("given-up", 1);
    pair.compact(Some(small()), HOUR);
    assert_eq!(records(&pair), 1, "still pending");
    pair.abort(HOUR + 1);
    assert_eq!(records(&pair), 1, "not before a compaction");
    assert!(pair.compact(Some(small()), HOUR + 2).changed);
    assert_eq!(records(&pair), 0);
    assert!(!pair.compact(Some(small()), HOUR + 2).changed);
    pair.reopen();
    assert_eq!(pair.store.schemas().pending, None);
    pair.check();
}

#[test]
fn migrations_out_of_turn_are_refused() {
    let mut pair = Pair::new();
    assert!(matches!(
        pair.store.complete_schema(0),
        Err(StoreError::NoMigration)
    ));
    assert!(matches!(
        pair.store.abort_schema(0),
        Err(StoreError::NoMigration)
    ));
    pair.begin("one", 0);
    let second = pair.store.begin_schema("two", 1);
    assert!(matches!(second, Err(StoreError::MigrationPending { .. })));
    assert_eq!(pair.store.commit(), 1, "nothing was written");
}

#[test]
fn two_migrations_in_a_row_leave_all_older_data_readable() {
    let mut pair = Pair::new();
    (0..5).for_each(|n| pair.live(n));
    pair.begin("one", 5 * HOUR);
    pair.complete(6 * HOUR);
    (7..9).for_each(|n| pair.live(n));
    pair.begin("two", 9 * HOUR);
    pair.complete(10 * HOUR);
    (11..20).for_each(|n| pair.live(n));
    pair.check();
    assert_eq!(
        pair.store.state("bn-0").unwrap().unwrap().coverage().len(),
        16
    );
}

#[test]
fn a_pin_holds_until_it_is_taken_away() {
    let mut pair = Pair::new();
    (0..4).for_each(|n| pair.live(n));
    let pinned = pair.store.commit();
    pair.store.pin(pinned, 4 * HOUR).unwrap();
    pair.model.pin(pinned, 4 * HOUR).unwrap();
    (5..200).for_each(|n| pair.live(n));
    assert!(pair.is_exact(pinned));
    pair.check();
    pair.reopen();
    pair.check();
    pair.store.unpin(pinned, 200 * HOUR).unwrap();
    pair.model.unpin(pinned, 200 * HOUR).unwrap();
    (201..210).for_each(|n| pair.live(n));
    assert!(!pair.is_exact(pinned));
    let refused = pair.store.pin(pinned, 211 * HOUR);
    assert!(matches!(refused, Err(StoreError::NotReadable { .. })));
    let future = pair.store.pin(100_000, 211 * HOUR);
    assert!(matches!(future, Err(StoreError::NotReadable { .. })));
}
