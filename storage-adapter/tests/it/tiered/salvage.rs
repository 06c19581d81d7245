//! What is brought over from a damaged store: nothing that it did not say, and all that the damage leaves certain.

use std::collections::BTreeMap;
use std::ops::Range;

use bones_snapshot::{ItemState, SnapshotPayload};
use lattice_core::JoinSemilattice;
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;
use proptest::sample::Index;
use storage_adapter::log::{Entry, FRAME_OVERHEAD, LogDir, rebuild, scan};
use storage_adapter::{Compaction, ItemStore, Reach, Salvage};

use super::model::{MINUTE, Pair, Store, compaction, hash, line, memory, small};
use crate::log::sim::SimDisk;

const EVENT: u8 = 1;
const STATE: u8 = 2;
const SCOPE: u8 = 4;
const SCOPE_CREATED: u8 = 5;
const PAST_EVENT: u8 = 10;
const PAST_STATE: u8 = 11;
/// Where everything lies, which nobody misses.
const INDEX: std::ops::RangeInclusive<u8> = 14..=16;

/// Events of scopes have numbers of their own, so that none of them is in the base by right.
const SCOPED: u64 = 100;

#[derive(Debug, Clone)]
enum Step {
    Apply {
        scoped: bool,
        item: u8,
        events: Range<u8>,
    },
    Redact {
        item: u8,
        n: u8,
    },
    Scope,
    Compact {
        keeps_past: bool,
        reach: Reach,
    },
}

/// Harm that is done to the segments of a store.
#[derive(Debug, Clone)]
enum Harm {
    Flip(Index),
    /// So many bytes are zeros.
    Hole(Index, usize),
    Short(Index),
    Gone(Index),
    /// Of what says which segments belong to the store.
    Head(Head),
}

#[derive(Debug, Clone, Copy)]
enum Head {
    Current,
    Manifest,
}

fn steps(scopes: bool) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (any::<bool>(), 0..4_u8, 0..8_u8, 1..4_u8).prop_map(move |(scoped, item, n, more)| {
            Step::Apply { scoped: scoped && scopes, item, events: n..n + more }
        }),
        1 => (0..4_u8, 0..8_u8).prop_map(|(item, n)| Step::Redact { item, n }),
        u32::from(scopes) => Just(Step::Scope),
        2 => any::<(bool, bool)>().prop_map(|(keeps_past, all)| {
            let reach = if all { Reach::Everything } else { Reach::Worthwhile };
            Step::Compact { keeps_past, reach }
        }),
    ];
    prop::collection::vec(step, 1..25)
}

/// Large segments, and such that a compaction fills several.
fn targets() -> impl Strategy<Value = u64> {
    prop_oneof![Just(u64::MAX), 200..2_000_u64]
}

fn head() -> impl Strategy<Value = Head> {
    prop_oneof![Just(Head::Current), Just(Head::Manifest)]
}

fn harms() -> impl Strategy<Value = Vec<Harm>> {
    let harm = prop_oneof![
        3 => any::<Index>().prop_map(Harm::Flip),
        3 => (any::<Index>(), 1..900_usize).prop_map(|(at, len)| Harm::Hole(at, len)),
        1 => any::<Index>().prop_map(Harm::Short),
        1 => any::<Index>().prop_map(Harm::Gone),
        1 => head().prop_map(Harm::Head),
    ];
    prop::collection::vec(harm, 1..4)
}

fn live(steps: Vec<Step>) -> (SimDisk, Pair<LogDir<SimDisk>>) {
    live_in_segments(u64::MAX, steps, |_| {})
}

/// In segments of about so many bytes; looked at after each step.
fn live_in_segments(
    bytes: u64,
    steps: Vec<Step>,
    mut look: impl FnMut(&SimDisk),
) -> (SimDisk, Pair<LogDir<SimDisk>>) {
    let disk = SimDisk::default();
    let mut log = LogDir::create_on(disk.clone(), &Store::<LogDir>::header()).unwrap();
    log.set_segment_target(bytes);
    let store = ItemStore::over(log).unwrap();
    let mut pair = Pair {
        store,
        model: memory(),
    };
    let mut scope = None;
    for (step, now) in steps.into_iter().zip((10 * MINUTE..).step_by(600_000_000)) {
        match step {
            Step::Apply {
                scoped,
                item,
                events,
            } => {
                let target = scope.as_ref().filter(|_| scoped).cloned();
                let first = if target.is_some() { SCOPED } else { 0 };
                let event = |n: u8| line(&format!("bn-{item}"), first + u64::from(n));
                let lines: Vec<String> = events.map(event).collect();
                pair.apply(target.as_ref(), &lines, now);
            }
            Step::Redact { item, n } => {
                pair.redact(&[line(&format!("bn-{item}"), n.into())], now);
            }
            Step::Scope if scope.is_some() => {
                pair.delete_scope("s", now);
                scope = None;
            }
            Step::Scope => scope = Some(pair.create_scope("s", now)),
            Step::Compact { keeps_past, reach } => {
                let retention = keeps_past.then(small);
                pair.compact_by(&Compaction {
                    reach,
                    ..compaction(retention, now)
                });
            }
        }
        look(&disk);
    }
    (disk, pair)
}

fn segments(disk: &SimDisk) -> BTreeMap<String, Vec<u8>> {
    let mut files = disk.files();
    files.retain(|name, _| name.starts_with("seg-"));
    files
}

/// Flips a bit in what says which segments belong to the store.
fn behead(disk: &SimDisk, head: Head) {
    let start = match head {
        Head::Current => "CURRENT",
        Head::Manifest => "MANIFEST",
    };
    for (name, mut bytes) in disk.files() {
        if name.starts_with(start) {
            bytes[25] ^= 1;
            disk.put(&name, &bytes);
        }
    }
}

/// Makes that again, where it does not read. False iff nothing is there to go by.
fn rebuilt(disk: &SimDisk) -> bool {
    if scan(disk, drop).is_ok() {
        return true;
    }
    let headers = [
        Store::<LogDir>::header(),
        ItemStore::<Itc, LogDir>::header(),
    ];
    let rebuilt = rebuild(disk, &headers).unwrap();
    for (name, content) in rebuilt.iter().flat_map(|rebuilt| &rebuilt.files) {
        disk.put(name, content);
    }
    rebuilt.is_some()
}

/// Sets a store up again from every frame that checks, and says of how many frames.
fn mended(disk: &SimDisk, mut salvage: Salvage<Unstamped>) -> (Store, (u64, u64)) {
    if rebuilt(disk) {
        scan(disk, |fragment| salvage.take(&fragment)).unwrap();
    }
    let frames = (salvage.frames(), salvage.left());
    let mut store = memory();
    let time = salvage.time_micros();
    for batch in salvage.into_batches() {
        store.apply(batch, time).unwrap();
    }
    (store, frames)
}

/// The state without anything that the model knows to be redacted.
fn masked(state: &ItemState<Unstamped>, model: &Store) -> ItemState<Unstamped> {
    let mut state = state.clone();
    state.redact(model.redactions());
    state
}

/// The bytes that a frame lies in.
fn range(entry: &Entry) -> Range<usize> {
    let from = usize::try_from(entry.offset).unwrap();
    from..from + entry.body.len() + FRAME_OVERHEAD
}

/// The body without the commit that frames of the past begin with.
fn body(entry: &Entry) -> &[u8] {
    let past = [PAST_EVENT, PAST_STATE].contains(&entry.kind);
    let number = entry.body.iter().take_while(|byte| **byte & 0x80 != 0);
    &entry.body[if past { number.count() + 1 } else { 0 }..]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever the damage hides, scopes and redactions among it.
    #[test]
    fn nothing_is_told_that_the_store_did_not_say(
        (target, steps) in (targets(), steps(true)),
        harms in harms(),
        leftovers in any::<bool>(),
    ) {
        let mut seen = BTreeMap::new();
        let (disk, pair) = live_in_segments(target, steps, |disk| seen.append(&mut segments(disk)));
        drop(pair.store);
        if leftovers {
            // What was replaced could not be removed.
            seen.append(&mut segments(&disk));
            for (name, bytes) in &seen { disk.put(name, bytes); }
        }
        for harm in harms {
            let files = segments(&disk);
            let Some((name, bytes)) = files.iter().nth(match &harm {
                Harm::Head(_) => 0,
                Harm::Gone(which) => which.index(files.len().max(1)),
                Harm::Flip(at) | Harm::Hole(at, _) | Harm::Short(at) => at.index(files.len().max(1)),
            }) else {
                break; // all of them are gone
            };
            let mut bytes = bytes.clone();
            match harm {
                Harm::Head(head) => behead(&disk, head),
                Harm::Gone(_) => _ = disk.take(name),
                _ if bytes.is_empty() => {}
                Harm::Flip(at) => {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 4;
                    disk.put(name, &bytes);
                }
                Harm::Hole(at, len) => {
                    let at = at.index(bytes.len());
                    let end = bytes.len().min(at + len);
                    bytes[at..end].fill(0);
                    disk.put(name, &bytes);
                }
                Harm::Short(at) => disk.put(name, &bytes[..at.index(bytes.len())]),
            }
        }
        let (store, _) = mended(&disk, Salvage::new());
        for (item, state) in store.states().map(Result::unwrap) {
            let told = pair.model.state(item).unwrap();
            prop_assert!(told.is_some_and(|told| masked(state, &pair.model).leq(told)), "{}", item);
        }
    }

    /// A small damaged place costs the frames in it, and nothing else.
    #[test]
    fn all_is_told_that_the_damage_leaves(
        (target, steps) in (targets(), steps(false)),
        (which, at, len) in (any::<Index>(), any::<Index>(), 1..40_usize),
        head in prop::option::of(head()),
    ) {
        let (disk, pair) = live_in_segments(target, steps, |_| {});
        let entries: Vec<Entry> = pair.store.log().frames().map(Result::unwrap).collect();
        let last = pair.store.commit();
        drop(pair.store);
        let files = segments(&disk);
        let (name, bytes) = files.iter().nth(which.index(files.len())).unwrap();
        let mut bytes = bytes.clone();
        let from = at.index(bytes.len());
        let end = bytes.len().min(from + len);
        for byte in &mut bytes[from..end] {
            *byte ^= 0x55;
        }
        disk.put(name, &bytes);
        if let Some(head) = head {
            behead(&disk, head);
        }
        let (store, (taken, left)) = mended(&disk, Salvage::without_scopes());
        // Of the last commits the marks may be damaged, which alone prove that they were made.
        let whole = |entry: &&Entry| {
            let at = range(entry);
            let is_hit = *entry.file == **name && at.start < end && from < at.end;
            !is_hit && entry.commit + 2 <= last
        };
        let mut count = 0;
        for entry in entries.iter().filter(whole) {
            count += u64::from(!INDEX.contains(&entry.kind));
            let body = body(entry);
            match entry.kind {
                EVENT | PAST_EVENT => {
                    let event = hash(std::str::from_utf8(body).unwrap());
                    prop_assert!(store.item_of(&event).unwrap().is_some());
                }
                STATE | PAST_STATE => {
                    let (item, said) = SnapshotPayload::decode(body).unwrap().into_parts();
                    let told = store.state(&item).unwrap().map(|told| masked(told, &pair.model));
                    prop_assert!(told.is_some_and(|told| masked(&said, &pair.model).leq(&told)));
                }
                _ => {}
            }
        }
        prop_assert!(taken + left >= count);
    }
}

/// Flips a bit in the body of a frame.
fn damage(disk: &SimDisk, entry: &Entry) {
    let mut bytes = segments(disk)[&*entry.file].clone();
    bytes[range(entry).start + 7] ^= 1;
    disk.put(&entry.file, &bytes);
}

/// Two events of an item.
fn apply(scoped: bool, item: u8) -> Step {
    Step::Apply {
        scoped,
        item,
        events: 0..2,
    }
}

const COMPACT: Step = Step::Compact {
    keeps_past: false,
    reach: Reach::Everything,
};

/// The frames of a store, which is closed.
fn entries(pair: Pair<LogDir<SimDisk>>) -> Vec<Entry> {
    let store = pair.store;
    store.log().frames().map(Result::unwrap).collect()
}

/// A store with events in the base and in a scope, its frames, and its disk.
fn scoped() -> (SimDisk, Vec<Entry>) {
    let (disk, pair) = live(vec![
        apply(false, 0),
        Step::Scope,
        apply(true, 1),
        apply(false, 2),
    ]);
    (disk, entries(pair))
}

fn of_kind(entries: &[Entry], kind: u8) -> Vec<&Entry> {
    entries.iter().filter(|entry| entry.kind == kind).collect()
}

/// The frame that says so is damaged, so they may be of any scope: in the base they would be seen by all.
#[test]
fn events_of_nobody_knows_which_scope_are_left() {
    let (disk, entries) = scoped();
    damage(&disk, of_kind(&entries, SCOPE)[0]);
    let (store, frames) = mended(&disk, Salvage::new());
    assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-0", "bn-2"]);
    // Left are the two, and the frame that made the scope.
    assert_eq!(frames, (4, 3));
}

#[test]
fn events_of_a_known_scope_are_brought_into_it() {
    let (disk, entries) = scoped();
    let is_scoped = |entry: &&Entry| entry.kind == EVENT && entry.commit == 3;
    damage(&disk, entries.iter().find(is_scoped).unwrap());
    let mut salvage = Salvage::<Unstamped>::new();
    scan(&disk, |fragment| salvage.take(&fragment)).unwrap();
    assert_eq!((salvage.frames(), salvage.left()), (5, 2));
    // A store that has the scope, as one has that holds what stands before the damage.
    let mut store = memory();
    let lines = [line("bn-0", 0), line("bn-0", 1)];
    let events = lines.iter().map(|line| super::model::held(line)).collect();
    let base = storage_adapter::Batch {
        events,
        ..Default::default()
    };
    store.apply(base, 1).unwrap();
    store.create_scope("s", 2).unwrap();
    let time = salvage.time_micros();
    for batch in salvage.into_batches() {
        let dropped = store.apply(batch, time).unwrap().dropped;
        assert_eq!(dropped, 0);
    }
    assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-0", "bn-2"]);
    let moment = store.now().in_scope("s").unwrap();
    let draft = moment.state("bn-1").unwrap().unwrap();
    assert!(draft.coverage().contains(&hash(&line("bn-1", SCOPED + 1))));
    assert_eq!(draft.coverage().len(), 1);
}

/// What a compaction wrote does not say once more of each frame that there are no scopes.
#[test]
fn without_its_first_frame_a_compaction_is_certain_only_to_those_who_know() {
    let (disk, pair) = live(vec![
        apply(false, 0),
        apply(false, 1),
        COMPACT,
        apply(false, 2),
    ]);
    damage(&disk, &entries(pair)[0]);
    let (store, frames) = mended(&disk, Salvage::new());
    assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-2"]);
    assert_eq!(frames, (2, 2));
    let (store, frames) = mended(&disk, Salvage::without_scopes());
    assert_eq!(
        store.item_ids().collect::<Vec<_>>(),
        ["bn-0", "bn-1", "bn-2"]
    );
    assert_eq!(frames, (4, 0));
}

/// A batch that no mark closes may never have been acknowledged.
#[test]
fn what_was_never_committed_is_left() {
    let (disk, pair) = live(vec![apply(false, 0), apply(false, 1)]);
    let entries = entries(pair);
    let last = entries.last().unwrap();
    let bytes = &segments(&disk)[&*last.file];
    disk.put(&last.file, &bytes[..range(last).end]);
    let (store, frames) = mended(&disk, Salvage::new());
    assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-0"]);
    assert_eq!(frames, (2, 0));
}

/// Neither that the scope was made can be seen, nor that the events are of it.
#[test]
fn a_commit_of_which_nothing_can_be_seen_may_have_made_a_scope() {
    let (disk, entries) = scoped();
    damage(&disk, of_kind(&entries, SCOPE_CREATED)[0]);
    damage(&disk, of_kind(&entries, SCOPE)[0]);
    let (store, frames) = mended(&disk, Salvage::new());
    assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-0", "bn-2"]);
    assert_eq!(frames, (4, 2));
}

/// The event behind the first damage may be of the first commit or of the second, so it does not show that
/// the second brought events.
#[test]
fn a_frame_of_one_of_two_commits_tells_nothing_of_the_second() {
    let (disk, pair) = live(vec![
        Step::Apply {
            scoped: false,
            item: 0,
            events: 0..3,
        },
        Step::Scope,
        apply(true, 1),
    ]);
    let entries = entries(pair);
    damage(&disk, &entries[1]);
    let mut bytes = segments(&disk)[&*entries[2].file].clone();
    let created = of_kind(&entries, SCOPE_CREATED)[0];
    bytes[range(&entries[2]).end..range(created).end].fill(0);
    disk.put(&created.file, &bytes);
    damage(&disk, of_kind(&entries, SCOPE)[0]);
    let (store, frames) = mended(&disk, Salvage::new());
    assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-0"]);
    assert_eq!(frames, (2, 2));
}

/// The history that a compaction begins with says that there are none any more.
#[test]
fn behind_a_compaction_scopes_that_were_deleted_are_in_nobodys_way() {
    let (disk, pair) = live(vec![
        Step::Scope,
        apply(true, 0),
        Step::Scope,
        apply(false, 1),
        COMPACT,
        apply(false, 2),
    ]);
    let entries = entries(pair);
    damage(&disk, of_kind(&entries, EVENT)[0]);
    let (store, _) = mended(&disk, Salvage::new());
    assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-1", "bn-2"]);
}

/// A compaction writes one scope behind the other.
#[test]
fn events_of_a_scope_are_not_taken_for_those_of_the_scope_before() {
    let (disk, mut pair) = live(vec![apply(false, 0), Step::Scope, apply(true, 1)]);
    let other = pair.create_scope("t", 30 * MINUTE);
    pair.apply(Some(&other), &[line("bn-2", 0)], 40 * MINUTE);
    pair.compact(None, 50 * MINUTE);
    let entries = entries(pair);
    damage(&disk, of_kind(&entries, SCOPE)[1]);
    let mut salvage = Salvage::<Unstamped>::new();
    scan(&disk, |fragment| salvage.take(&fragment)).unwrap();
    let scopes: Vec<(Option<String>, usize)> = salvage
        .into_batches()
        .map(|batch| {
            let scope = batch.scope.map(|id| id.name().to_owned());
            (scope, batch.payloads.len() + batch.events.len())
        })
        .collect();
    assert_eq!(scopes, [(None, 1), (Some("s".to_owned()), 1)]);
}

/// A compaction that fills several segments goes on in each where it was in the one before.
#[test]
fn what_a_segment_held_that_is_gone_is_missed_in_the_next() {
    let mut steps = vec![apply(false, 0), Step::Scope];
    steps.extend((1..4).map(|item| apply(true, item)));
    steps.push(COMPACT);
    let (disk, pair) = live_in_segments(300, steps, |_| {});
    let entries = entries(pair);
    let named = of_kind(&entries, SCOPE)[0];
    let last = entries.last().unwrap();
    assert_eq!(named.commit, last.commit);
    assert_ne!(named.file, last.file);
    disk.take(&named.file);
    for is_beheaded in [false, true] {
        if is_beheaded {
            // Then only the running check tells that something is missing.
            behead(&disk, Head::Manifest);
        }
        let (store, (taken, left)) = mended(&disk, Salvage::new());
        assert!(store.item_ids().all(|item| item == "bn-0"));
        assert!(left > taken);
    }
}

/// The mark that would close it is all that is damaged; the manifest that vouches for it is gone as well.
#[test]
fn a_rewrite_without_its_last_mark_is_brought_over_without_a_manifest() {
    let (disk, pair) = live(vec![apply(false, 0), apply(false, 1), COMPACT]);
    let last = entries(pair).pop().unwrap();
    let mut bytes = segments(&disk)[&*last.file].clone();
    bytes[range(&last).end + 7] ^= 1;
    disk.put(&last.file, &bytes);
    for is_beheaded in [false, true] {
        if is_beheaded {
            behead(&disk, Head::Manifest);
        }
        let (store, _) = mended(&disk, Salvage::new());
        assert_eq!(store.item_ids().collect::<Vec<_>>(), ["bn-0", "bn-1"]);
    }
}

/// It fills several segments, and the mark that would close the second is damaged: each is still in its place.
#[test]
fn parts_of_a_rewrite_stay_in_order_without_a_manifest() {
    let mut steps: Vec<Step> = (0..6).map(|item| apply(false, item)).collect();
    steps.push(COMPACT);
    let (disk, pair) = live_in_segments(300, steps, |_| {});
    let entries = entries(pair);
    let mut parts: Vec<_> = entries.iter().map(|entry| &*entry.file).collect();
    parts.dedup();
    assert!(parts.len() > 3, "{parts:?}");
    let last_of = |part: &str| entries.iter().rfind(|entry| &*entry.file == part).unwrap();
    for part in &parts[..parts.len() - 1] {
        let disk = disk.copy();
        let mut bytes = segments(&disk)[*part].clone();
        bytes[range(last_of(part)).end + 7] ^= 1;
        disk.put(part, &bytes);
        let frames = mended(&disk, Salvage::new()).1;
        behead(&disk, Head::Manifest);
        let (store, without) = mended(&disk, Salvage::new());
        assert_eq!(without, frames);
        assert_eq!(store.item_ids().count(), 6);
    }
}

/// Whatever becomes of the scope that the event is of.
#[test]
fn a_redaction_that_can_be_read_holds() {
    let (disk, mut pair) = live(vec![apply(false, 0)]);
    let secret = hash(&line("bn-0", 1));
    let scope = pair.create_scope("s", 30 * MINUTE);
    let target = bones_snapshot::format_hash(&secret);
    let data = format!(r#"{{"reason":"a mistake","target_hash":"{target}"}}"#);
    let redact =
        bones_snapshot::write_line(9, "alice", "itc:AQ", &[], "item.redact", "bn-0", &data);
    pair.apply(Some(&scope), &[redact], 40 * MINUTE);
    let entries = entries(pair);
    damage(&disk, of_kind(&entries, SCOPE_CREATED)[0]);
    let (store, _) = mended(&disk, Salvage::new());
    assert!(store.redactions().contains(&secret));
    damage(&disk, of_kind(&entries, SCOPE)[0]);
    let (store, _) = mended(&disk, Salvage::new());
    assert!(store.redactions().contains(&secret));
}
