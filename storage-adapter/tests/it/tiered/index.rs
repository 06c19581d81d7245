//! Opening from an index: what it reads, what it leaves, and what an index that is damaged or lies comes to.

use storage_adapter::log::{Entry, FRAME_OVERHEAD, Frame, LogDir, LogError};
use storage_adapter::{
    Compaction, Compression, ItemStore, LogReader, LogRewrite, LogStore, MemoryLog, Reach,
    StoreError,
};

use super::model::{HOUR, MINUTE, Pair, Store, compaction, line, memory, small};
use crate::log::sim::SimDisk;

const PAST_STATE: u8 = 11;
const PACKED: u8 = 13;
const INDEX: u8 = 14;
const FOOTER: u8 = 16;

const ITEMS: u64 = 40;

/// Some items with a past and a scope, in segments of about so many bytes, compacted, and a commit behind that.
fn grown(segment: u64) -> (SimDisk, Pair<LogDir<SimDisk>>) {
    let disk = SimDisk::default();
    let mut log = LogDir::create_on(disk.clone(), &Store::<LogDir>::header()).unwrap();
    log.set_segment_target(segment);
    let (store, model) = (ItemStore::over(log).unwrap(), memory());
    let mut pair = Pair { store, model };
    let scope = pair.create_scope("draft", 0);
    for n in 0..4 {
        for item in 0..ITEMS {
            let over = (item % 10 == 0 && n == 2).then_some(&scope);
            let at = (n * ITEMS + item) * MINUTE;
            pair.apply(over, &[line(&format!("bn-{item:02}"), n)], at);
        }
    }
    pair.redact(&[line("bn-07", 1)], 3 * HOUR);
    pair.compact(Some(small()), 3 * HOUR);
    pair.apply(None, &[line("bn-05", 9)], 4 * HOUR);
    (disk, pair)
}

fn reopened(disk: &SimDisk) -> Result<Store<LogDir<SimDisk>>, StoreError> {
    let (log, _) = LogDir::open_on(disk.clone())?;
    ItemStore::over(log)
}

/// As [`grown`], closed and opened again: what a compaction wrote is read when it is asked for.
fn grown_and_reopened() -> (SimDisk, Pair<LogDir<SimDisk>>) {
    let (disk, Pair { store, model }) = grown(u64::MAX);
    drop(store);
    let store = reopened(&disk).unwrap();
    (disk, Pair { store, model })
}

fn entries<L: LogStore>(store: &Store<L>) -> Vec<Entry> {
    let reader = store.log().reader();
    reader.frames().map(Result::unwrap).collect()
}

/// Flips a bit at a place of a frame.
fn flip(disk: &SimDisk, entry: &Entry, at: usize) {
    let mut bytes = disk.files()[&*entry.file].clone();
    bytes[usize::try_from(entry.offset).unwrap() + at] ^= 4;
    disk.put(&entry.file, &bytes);
}

/// The item that a frame of the past tells of.
fn is_of(entry: &Entry, item: &str) -> bool {
    entry
        .body
        .windows(item.len())
        .any(|part| part == item.as_bytes())
}

fn is_corrupt(error: &StoreError, entry: &Entry) -> bool {
    matches!(error, StoreError::Log(LogError::Corrupt { file, offset, .. })
        if file.ends_with(&*entry.file) && *offset == entry.offset)
}

/// Shown by damage to every item: nobody sees it who does not ask for one.
#[test]
fn opening_reads_no_item_that_did_not_change_since() {
    for segment in [u64::MAX, 3_000] {
        let (disk, pair) = grown(segment);
        let (entries, Pair { store, model }) = (entries(&pair.store), pair);
        drop(store);
        let (changed, scoped) = ("bn-05", entries.iter().position(|e| e.kind == 4).unwrap());
        let of_base = entries[..scoped].iter().filter(|e| e.kind == PAST_STATE);
        let of_base: Vec<&Entry> = of_base.filter(|e| !is_of(e, changed)).collect();
        assert!(of_base.len() > 60, "items have a past");
        for entry in &of_base {
            flip(&disk, entry, 9);
        }
        let store = reopened(&disk).unwrap();
        assert!(store.item_ids().eq(model.item_ids()));
        assert_eq!(store.redactions(), model.redactions());
        assert_eq!(store.commit(), model.commit());
        let since = store.since(store.floor()).unwrap();
        assert!(since.map(Result::unwrap).flat_map(|c| c.items).count() > 0);
        for id in model.item_ids() {
            match store.state(id) {
                Ok(state) => {
                    assert_eq!(id, changed);
                    assert_eq!(state, model.state(id).unwrap());
                }
                Err(error) => {
                    let damaged = of_base.iter().find(|entry| is_of(entry, id)).unwrap();
                    assert!(is_corrupt(&error, damaged), "{id}: {error}");
                }
            }
        }
        let moment = store.now().in_scope("draft").unwrap();
        assert!(moment.state("bn-10").is_err(), "the base below is damaged");
        assert!(!store.verify(&[]).unwrap().is_sound());
    }
}

#[test]
fn a_damaged_item_costs_who_asks_for_it_and_stops_a_compaction() {
    let (disk, pair) = grown(u64::MAX);
    let (entries, Pair { store, model }) = (entries(&pair.store), pair);
    drop(store);
    let damaged = entries
        .iter()
        .find(|e| e.kind == PAST_STATE && is_of(e, "bn-09"));
    flip(&disk, damaged.unwrap(), 30);
    let store = reopened(&disk).unwrap();
    let mut pair = Pair { store, model };
    for id in pair.model.item_ids() {
        let state = pair.store.state(id);
        if id == "bn-09" {
            assert!(is_corrupt(&state.unwrap_err(), damaged.unwrap()));
        } else {
            assert_eq!(state.unwrap(), pair.model.state(id).unwrap());
        }
    }
    // Others go on; what is not known of this one cannot be told from what is new.
    pair.apply(None, &[line("bn-08", 5)], 5 * HOUR);
    let refused = crate::tiered::model::held(&line("bn-09", 5));
    let batch = storage_adapter::Batch {
        events: vec![refused],
        ..Default::default()
    };
    let commit = pair.store.commit();
    assert!(pair.store.apply(batch, 6 * HOUR).is_err());
    let files = disk.files();
    let refused = pair.store.compact(&compaction(None, 7 * HOUR)).unwrap_err();
    assert!(is_corrupt(&refused, damaged.unwrap()), "{refused}");
    assert_eq!(pair.store.commit(), commit);
    assert!(disk.files() == files, "nothing was written");
}

/// Whatever bit of an index is flipped: the store does not open, as it would if an item were damaged.
#[test]
fn every_flipped_byte_of_an_index_is_damage_that_names_its_file() {
    let (disk, pair) = grown(u64::MAX);
    let entries = entries(&pair.store);
    drop(pair.store);
    let mut flipped = 0;
    for entry in entries
        .iter()
        .filter(|e| (INDEX..=FOOTER).contains(&e.kind))
    {
        let whole = disk.files()[&*entry.file].clone();
        for at in 0..entry.body.len() + FRAME_OVERHEAD {
            flip(&disk, entry, at);
            let error = reopened(&disk).map(drop).unwrap_err();
            assert!(is_corrupt(&error, entry), "byte {at} of {entry:?}: {error}");
            disk.put(&entry.file, &whole);
            flipped += 1;
        }
    }
    assert!(flipped > 1_000, "{flipped}");
    reopened(&disk).unwrap();
}

/// A log of one compaction, of which the frames were changed.
fn forged(pair: &Pair, change: impl FnOnce(&mut Vec<Frame>)) -> MemoryLog {
    let last = pair.store.commit();
    let frames = entries(&pair.store).into_iter();
    let run = frames.take_while(|entry| entry.commit == last);
    let mut frames: Vec<Frame> = run.map(|e| Frame::new(e.kind, e.body)).collect();
    change(&mut frames);
    let mut log = MemoryLog::new(&Store::<MemoryLog>::header());
    for n in 0..last {
        log.write(vec![Frame::new(1, *b"replaced")], n).unwrap();
    }
    let mut rewrite = log.begin_rewrite().unwrap();
    for frame in frames {
        rewrite.push(frame).unwrap();
    }
    let finished = rewrite.finish().unwrap();
    log.publish(finished).unwrap();
    log
}

/// Three items and nothing behind the compaction.
fn three() -> Pair {
    let mut pair = Pair::new();
    for n in 0..3 {
        let lines: Vec<String> = (0..3).map(|i| line(&format!("bn-{i}"), n)).collect();
        pair.apply(None, &lines, n * HOUR);
    }
    pair.compact(None, 4 * HOUR);
    pair
}

/// Commit, part, offset, place in a packed frame or 0, length and whether it is a state.
type Sources = Vec<(u64, u64, u64, u64, u64, bool)>;
type Items = Vec<(String, Sources)>;
/// What is done to the items of a block.
type Lie = fn(&mut Items);

fn number(rows: &mut std::slice::Iter<'_, u8>) -> u64 {
    let (mut number, mut shift) = (0, 0);
    for byte in rows {
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

fn put(rows: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        rows.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    rows.push(number.to_le_bytes()[0]);
}

/// The items of rows whose sources all lie in one part.
fn items_of(part: u64, rows: &[u8]) -> Items {
    let (mut rows, mut items, mut id, mut offset) = (rows.iter(), Items::new(), Vec::new(), 0);
    while !rows.as_slice().is_empty() {
        id.truncate(usize::try_from(number(&mut rows)).unwrap());
        let len = number(&mut rows);
        id.extend((0..len).map(|_| rows.next().unwrap()));
        let mut commit = 0;
        let sources = (0..number(&mut rows)).map(|_| {
            commit += number(&mut rows);
            number(&mut rows);
            offset += number(&mut rows);
            let (inner, bytes) = (number(&mut rows), number(&mut rows));
            (commit, part, offset, inner, bytes >> 1, bytes & 1 == 1)
        });
        let sources = sources.collect();
        items.push((String::from_utf8(id.clone()).unwrap(), sources));
    }
    items
}

fn rows_of(items: &Items) -> Vec<u8> {
    let (mut rows, mut last) = (Vec::new(), None);
    for (id, sources) in items {
        put(&mut rows, 0);
        put(&mut rows, id.len() as u64);
        rows.extend(id.as_bytes());
        put(&mut rows, sources.len() as u64);
        let mut commit = 0;
        for source in sources {
            put(&mut rows, source.0 - commit);
            put(&mut rows, u64::from(last.is_none()));
            put(&mut rows, source.2.wrapping_sub(last.unwrap_or(0)));
            put(&mut rows, source.3);
            put(&mut rows, source.4 << 1 | u64::from(source.5));
            (commit, last) = (source.0, Some(source.2));
        }
    }
    rows
}

/// Rewrites the one block of an index.
fn lie(change: impl Fn(&mut Items)) -> impl Fn(&mut Vec<Frame>) {
    move |frames| {
        let block = frames.iter_mut().find(|frame| frame.kind == INDEX).unwrap();
        // No scope, one part of the log, and less than 256 bytes of rows.
        let (head, rows) = block.body.split_at(7);
        let [0x92, 0xc0, 0x92, 0x91, part, 0xc4, _] = *head else {
            panic!("another block: {head:x?}");
        };
        let mut items = items_of(part.into(), rows);
        assert_eq!(
            rows_of(&items).len(),
            rows.len() + 6,
            "ids are written whole"
        );
        change(&mut items);
        let rows = rows_of(&items);
        let len = u8::try_from(rows.len()).unwrap();
        block.body = [&head[..6], &[len], &rows].concat();
    }
}

#[test]
fn an_index_that_lies_is_found_out() {
    let pair = three();
    let honest = Store::over(forged(&pair, lie(|_| {}))).unwrap();
    assert_eq!(honest.digest().unwrap(), pair.model.digest().unwrap());
    assert!(honest.verify(&[]).unwrap().is_sound());

    // Found out by who reads the item.
    let lies: [(&str, Lie); 6] = [
        ("another item's place", |items| {
            let place = items[1].1[0].2;
            items[2].1[0].2 = place;
        }),
        ("another commit", |items| items[2].1[0].0 -= 1),
        ("another length", |items| items[2].1[0].4 += 1),
        ("an event", |items| items[2].1[0].5 ^= true),
        ("a frame of the history", |items| items[2].1[0].2 = 0),
        ("a frame in no packed one", |items| {
            items[2].1[0].3 = 1;
        }),
    ];
    for (what, change) in lies {
        let store = Store::over(forged(&pair, lie(change))).unwrap();
        assert_eq!(
            store.state("bn-0").unwrap(),
            pair.model.state("bn-0").unwrap()
        );
        let found = store.state("bn-2").unwrap_err();
        let is_told = matches!(found, StoreError::Index { .. } | StoreError::Frame { .. });
        assert!(
            is_told && found.to_string().contains("memory at byte"),
            "{what}: {found}"
        );
        assert!(!store.verify(&[]).unwrap().is_sound(), "{what}");
    }
    // Found out by who reads everything.
    let lies: [(&str, Lie); 1] = [("an item less", |items| _ = items.remove(1))];
    for (what, change) in lies {
        let store = Store::over(forged(&pair, lie(change))).unwrap();
        let check = store.verify(&[]).unwrap();
        assert!(
            check.damage[0].contains("the index tells another story"),
            "{what}: {:?}",
            check.damage
        );
    }
    // Found out at once.
    let lies: [(&str, Lie); 4] = [
        ("an item without a source", |items| items[1].1.clear()),
        ("out of order", |items| items.swap(0, 1)),
        ("twice", |items| items.push(items[2].clone())),
        ("longer than a frame", |items| {
            items[0].1[0].4 = u32::MAX.into();
        }),
    ];
    for (what, change) in lies {
        let refused = Store::over(forged(&pair, lie(change)))
            .map(drop)
            .unwrap_err();
        assert!(
            matches!(refused, StoreError::Frame { .. }),
            "{what}: {refused}"
        );
    }
}

/// As of logs that cannot give single frames, and of stores that were compacted before there were indexes.
#[test]
fn without_an_index_all_is_read_and_the_next_compaction_writes_one() {
    let mut pair = three();
    let whole = entries(&pair.store).len();
    for gone in [&[FOOTER][..], &[INDEX, 15, FOOTER]] {
        let log = forged(&pair, |frames| frames.retain(|f| !gone.contains(&f.kind)));
        let store = Store::over(log).unwrap();
        assert_eq!(store.digest().unwrap(), pair.model.digest().unwrap());
        assert_eq!(entries(&store).len(), whole - gone.len());
        assert!(store.verify(&[]).unwrap().is_sound());
        pair.store = store;
        pair.check();
    }
    // Behind a run without an index comes one that has one: all is read.
    pair.apply(None, &[line("bn-3", 0), line("bn-3", 1)], 5 * HOUR);
    let options = Compaction {
        reach: Reach::Worthwhile,
        ..compaction(None, 6 * HOUR)
    };
    let before = entries(&pair.store)[0].commit;
    assert!(pair.compact_by(&options).changed);
    assert_eq!(
        entries(&pair.store)[0].commit,
        before,
        "the first run stands"
    );
    assert_eq!(entries(&pair.store).last().unwrap().kind, FOOTER);
    pair.reopen();
    pair.check();
    assert!(pair.store.verify(&[]).unwrap().is_sound());
    pair.compact(None, 7 * HOUR);
    pair.reopen();
    pair.check();
}

/// What readers of a view from before a compaction see depends on nothing but what they see.
#[test]
fn a_view_reads_on_when_what_it_stands_on_is_compacted_away() {
    let (_disk, mut pair) = grown_and_reopened();
    let (view, digest) = (pair.store.view(), pair.model.digest().unwrap());
    pair.apply(None, &[line("bn-20", 7)], 6 * HOUR);
    pair.compact(None, 7 * HOUR);
    assert_eq!(view.digest().unwrap(), digest);
    pair.check();
}

/// Redactions part the views: what a view from before them did not read by then is gone with the files.
#[test]
fn what_a_view_from_before_a_redaction_had_not_read_expires_with_the_files() {
    let (_disk, mut pair) = grown_and_reopened();
    let view = pair.store.view();
    let read = view.state("bn-01").unwrap().unwrap().clone();
    pair.redact(&[line("bn-30", 3)], 6 * HOUR);
    assert_eq!(
        view.state("bn-02").unwrap(),
        pair.model.state("bn-02").unwrap()
    );
    pair.compact(None, 7 * HOUR);
    pair.check();
    assert_eq!(view.state("bn-01").unwrap(), Some(&read));
    let expired = view.state("bn-03").unwrap_err();
    assert!(
        matches!(&expired, StoreError::Expired { item } if item == "bn-03"),
        "{expired}"
    );
}

/// What several compactions wrote of an item is put together, in whatever form the store is.
#[test]
fn several_runs_are_read_as_one_packed_or_not() {
    let forms = [
        Compression::None,
        #[cfg(feature = "zstd")]
        Compression::ZSTD,
    ];
    for compression in forms {
        let mut pair = Pair::new();
        let scope = pair.create_scope("draft", 0);
        for (round, items) in (1..).zip([60, 9, 2]) {
            for item in 0..items {
                let id = format!("bn-{item:02}");
                let over = (item % 7 == 1).then_some(&scope);
                let at = (100 * round + item) * MINUTE;
                pair.apply(over, &[line(&id, round), line(&id, round + 10)], at);
            }
            pair.compact_by(&Compaction {
                reach: Reach::Worthwhile,
                compression: Some(compression),
                ..compaction(Some(small()), 100 * (round + 1) * MINUTE)
            });
            pair.reopen();
            pair.check();
            assert!(pair.store.verify(&[]).unwrap().is_sound());
        }
        let kinds: Vec<u8> = entries(&pair.store).iter().map(|e| e.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == FOOTER).count(), 3);
        let is_packed = compression != Compression::None;
        assert_eq!(kinds.contains(&PACKED), is_packed, "{kinds:?}");
        assert_eq!(pair.store.is_packed(), is_packed);
    }
}

#[test]
fn what_was_read_before_a_redaction_is_masked_by_it_and_what_was_not_too() {
    let (disk, mut pair) = grown_and_reopened();
    let before = pair.store.view();
    assert!(before.state("bn-01").unwrap().is_some());
    let lines = ["bn-01", "bn-02"].map(|id| line(id, 3));
    pair.redact(&lines, 6 * HOUR);
    for id in ["bn-01", "bn-02"] {
        let shown = pair.store.state(id).unwrap();
        assert_eq!(shown, pair.model.state(id).unwrap());
        assert_ne!(shown, before.state(id).unwrap(), "a view is of its time");
    }
    pair.check();
    drop(pair.store);
    pair.store = reopened(&disk).unwrap();
    pair.check();
}

/// An index that stops before the last run says too little to go on with.
#[test]
fn a_run_without_an_index_behind_one_that_has_one_is_not_forgotten() {
    let some = |from: u64, until: u64| -> Vec<String> {
        let two = |n| [0, 1].map(|k| line(&format!("bn-{n}"), k));
        (from..until).flat_map(two).collect()
    };
    // Each run is less than the one before, so that all stand.
    let mut pair = Pair::new();
    pair.apply(None, &some(100, 130), HOUR);
    pair.compact(None, 4 * HOUR);
    let worthwhile = |clock| Compaction {
        reach: Reach::Worthwhile,
        ..compaction(None, clock)
    };
    let first = pair.store.commit();
    pair.apply(None, &some(200, 208), 5 * HOUR);
    assert!(pair.compact_by(&worthwhile(6 * HOUR)).changed);
    let frames = entries(&pair.store);
    let mut log = MemoryLog::new(&Store::<MemoryLog>::header());
    let mut standing = 0;
    for run in frames.chunk_by(|a, b| a.commit == b.commit) {
        while log.commit() < run[0].commit {
            log.write(vec![Frame::new(1, *b"replaced")], log.commit())
                .unwrap();
        }
        let mut rewrite = log.begin_rewrite_after(standing).unwrap();
        for frame in run {
            if run[0].commit == first || frame.kind != FOOTER {
                rewrite
                    .push(Frame::new(frame.kind, frame.body.clone()))
                    .unwrap();
            }
        }
        let finished = rewrite.finish().unwrap();
        log.publish(finished).unwrap();
        standing = run[0].commit;
    }
    pair.store = Store::over(log).unwrap();
    pair.check();
    pair.apply(None, &some(300, 301), 7 * HOUR);
    assert!(pair.compact_by(&worthwhile(8 * HOUR)).changed);
    assert_eq!(
        entries(&pair.store)[0].commit,
        first,
        "the first run stands"
    );
    pair.check();
    pair.compact(None, 9 * HOUR);
    pair.check();
}

/// What is put in force never stands on files that were let go, though all of it that is written anew is a scope's.
#[test]
fn a_run_of_a_scope_alone_leaves_the_base_readable() {
    let mut pair = three();
    let scope = pair.create_scope("draft", 5 * HOUR);
    let worthwhile = |clock| Compaction {
        reach: Reach::Worthwhile,
        ..compaction(None, clock)
    };
    let mut runs = Vec::new();
    for (n, hour) in [(0, 6), (2, 8)] {
        let lines = [line("bn-9", n), line("bn-9", n + 1)];
        pair.apply(Some(&scope), &lines, hour * HOUR);
        pair.reopen();
        let (view, digest) = (pair.store.view(), pair.model.digest().unwrap());
        // By itself: nothing of it may be read before.
        let outcome = pair.store.compact(&worthwhile((hour + 1) * HOUR));
        assert!(outcome.unwrap().changed);
        assert_eq!(view.digest().unwrap(), digest);
        pair.check();
        runs.push(entries(&pair.store)[0].commit);
    }
    assert_eq!(runs[0], runs[1], "the first run stands");
}

#[cfg(feature = "zstd")]
#[test]
fn a_packed_store_without_items_is_sound() {
    let mut pair = Pair::new();
    pair.create_scope("draft", HOUR);
    let packed = Compaction {
        compression: Some(Compression::ZSTD),
        ..compaction(None, 2 * HOUR)
    };
    assert!(pair.compact_by(&packed).changed);
    pair.reopen();
    let check = pair.store.verify(&[]).unwrap();
    assert!(check.is_sound(), "{check:?}");
}
