//! Reading the indexes of what compactions wrote, instead of all they wrote.

use std::collections::BTreeMap;
use std::sync::Arc;

use bones_snapshot::{EventHash, Order};
use lattice_core::{JoinSemilattice, Set};

use super::{Loader, Told};
use crate::error::StoreError;
use crate::item_store::id::ItemId;
use crate::item_store::indexed::{Indexed, Table, Unpacked};
use crate::log::{Frame, LogError, Place};
use crate::log_store::{LogReader, SealedFrames};
use crate::record::{
    CONTENTS, ContentsRecord, FOOTER, FOOTER_LEN, HISTORY, HistoryRecord, INDEX, IndexRecord,
    IndexRows, REDACTIONS, SourceRecord, decode_footer, decode_hashes, half_hash,
};

/// What one compaction wrote, as its index tells it.
struct Run {
    /// The last commit it replaced.
    end: u64,
    contents: ContentsRecord,
}

impl<S: Order> Loader<S> {
    /// Takes in what compactions wrote if all of that has an index, and returns the place behind it.
    pub(super) fn take_indexed<L: LogReader>(&mut self, log: &L) -> Result<L::Cursor, StoreError> {
        let mut runs = Vec::new();
        let mut last = None;
        // Runs stand before everything else.
        for end in log.ends() {
            let Some(frames) = log.sealed(end) else { break };
            let Some(contents) = find(&*frames)? else {
                break;
            };
            runs.push((end, contents));
            last = Some((end, frames));
        }
        let behind = last.as_ref().and_then(|(end, _)| log.behind(*end));
        let (Some((end, frames)), Some(behind)) = (last, behind) else {
            return Ok(L::Cursor::default());
        };
        // Frames of all runs are within the last of these.
        let mut table = Builder::new(runs.len());
        let mut place = (0, 0);
        // SUBTLE: redactions that came while a later run was written may be known to that, and yet name text that it
        // left standing.
        let mut masked_by = None;
        for (end, contents) in runs {
            let run = Run { end, contents };
            self.take_run(&run, &frames, &mut table)?;
            masked_by.get_or_insert_with(|| self.redactions.clone());
            place = run.contents.history;
        }
        let wrong = |why: &str| wrong(&*frames, place, INDEX, why.to_owned());
        let table = table.finish().map_err(wrong)?;
        self.indexed = Some(Indexed::new(
            table,
            (end, frames),
            masked_by.unwrap_or_default(),
        ));
        Ok(behind)
    }

    fn take_run(
        &mut self,
        run: &Run,
        frames: &Arc<dyn SealedFrames>,
        table: &mut Builder,
    ) -> Result<(), StoreError> {
        let history = run.history(&**frames)?;
        let place = run.contents.history;
        let misplaced = |why: String| wrong(&**frames, place, HISTORY, why);
        self.history(run.end, history).map_err(misplaced)?;
        self.redactions.join(run.redactions(&**frames)?);
        self.view.past.packed |= run.contents.packed;
        for place in &run.contents.blocks {
            let block = fetch(&**frames, *place, INDEX)?;
            let wrong = |why: &str| wrong(&**frames, *place, INDEX, why.to_owned());
            let record = IndexRecord::decode(&block.body);
            let record = record.ok_or_else(|| wrong("it is no block of an index"))?;
            let Some(scope) = record.scope else {
                table.take(&record.rows, run.end).map_err(wrong)?;
                continue;
            };
            // What is laid over the base is read at once: scopes are small, and few.
            let mut of_scope = Builder::new(1);
            of_scope.take(&record.rows, run.end).map_err(wrong)?;
            let of_scope = of_scope.finish().map_err(wrong)?;
            let of_scope = Indexed::new(of_scope, (run.end, Arc::clone(frames)), Set::default());
            self.scope = Some(scope.into());
            let mut unpacked = Unpacked::default();
            for at in 0..of_scope.len() {
                let item = ItemId::from(of_scope.id(at));
                for held in of_scope.get_beside(at, &mut unpacked)?.sources() {
                    let told = Told {
                        item: item.clone(),
                        source: held.source.clone(),
                        bytes: held.bytes,
                    };
                    self.hold(held.commit, told).map_err(|why| wrong(&why))?;
                }
            }
            self.scope = None;
        }
        Ok(())
    }
}

impl Run {
    fn history(&self, frames: &dyn SealedFrames) -> Result<HistoryRecord, StoreError> {
        let place = self.contents.history;
        let record = HistoryRecord::decode(&fetch(frames, place, HISTORY)?.body);
        // The commit they end with is always readable, and its time stands nowhere else in an index.
        let record = record.filter(|r| r.commits.last().is_some_and(|(last, _)| *last == self.end));
        let why = || "it is no record of the history up to here".to_owned();
        record.ok_or_else(|| wrong(frames, place, HISTORY, why()))
    }

    fn redactions(&self, frames: &dyn SealedFrames) -> Result<Set<EventHash>, StoreError> {
        let Some(place) = self.contents.redactions else {
            return Ok(Set::default());
        };
        let hashes = decode_hashes(&fetch(frames, place, REDACTIONS)?.body);
        let why = || "the hashes are not whole and sorted".to_owned();
        hashes.ok_or_else(|| wrong(frames, place, REDACTIONS, why()))
    }
}

/// The contents of the run that these frames end with; `None` if they end with something else.
// SUBTLE: also if the contents are damaged, or not where the footer says since all of it was copied from another log:
// reading everything then finds out which.
fn find(frames: &dyn SealedFrames) -> Result<Option<ContentsRecord>, StoreError> {
    let footer = frames.last(FOOTER_LEN)?;
    let footer = footer.filter(|footer| footer.kind == FOOTER);
    let Some((place, hash)) = footer.and_then(|footer| decode_footer(&footer.body)) else {
        return Ok(None);
    };
    match frames.fetch(place) {
        Err(error @ LogError::Io { .. }) => Err(error.into()),
        Ok(frame) if frame.kind == CONTENTS && half_hash(&frame.body) == hash => {
            Ok(ContentsRecord::decode(&frame.body))
        }
        Ok(_) | Err(_) => Ok(None),
    }
}

fn fetch(
    frames: &dyn SealedFrames,
    (part, offset): (u64, u64),
    kind: u8,
) -> Result<Frame, StoreError> {
    let frame = frames.fetch(Place { part, offset })?;
    if frame.kind == kind {
        return Ok(frame);
    }
    let why = format!("a frame of kind {kind} belongs here");
    Err(wrong(frames, (part, offset), frame.kind, why))
}

fn wrong(
    frames: &dyn SealedFrames,
    (part, offset): (u64, u64),
    kind: u8,
    why: String,
) -> StoreError {
    StoreError::Frame {
        file: frames.name(Place { part, offset }),
        offset,
        kind,
        why,
    }
}

/// A table of the base while it is put together from the indexes of runs.
struct Builder {
    table: Table,
    /// Where several runs may tell of the same item: what they tell.
    merged: Option<BTreeMap<String, Vec<SourceRecord>>>,
}

impl Builder {
    fn new(runs: usize) -> Self {
        Self {
            table: Table::default(),
            merged: (runs > 1).then(BTreeMap::new),
        }
    }

    /// Takes rows of a run that ends with a commit.
    fn take(&mut self, rows: &IndexRows, end: u64) -> Result<(), &'static str> {
        let Self { table, merged } = self;
        rows.read(|id, sources| {
            if sources.last().is_some_and(|last| last.commit > end) {
                return Err("a source comes from behind the end");
            }
            let Some(merged) = merged else {
                return table.push(id, sources);
            };
            match merged.get_mut(id) {
                Some(known) => known.extend(sources),
                None => _ = merged.insert(id.to_owned(), sources.to_vec()),
            }
            Ok(())
        })
    }

    fn finish(mut self) -> Result<Table, &'static str> {
        for (id, sources) in self.merged.into_iter().flatten() {
            self.table.push(&id, &sources)?;
        }
        self.table.shrink();
        Ok(self.table)
    }
}
