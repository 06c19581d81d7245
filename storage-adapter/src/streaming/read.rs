//! Reading the inputs: every line and payload is verified, put into a partition, and asked what it
//! redacts.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bones_snapshot::{EventHash, Order};

use super::error::{FoldError, Heavy};
use super::feed::{Feed, Origin};
use super::found::{Found, KEPT_BAD_LINES};
use super::job::Job;
use super::meter::Held;
use super::partition::{Partition, Partitions, Sorter};
use super::plan::{line_weight, payload_weight};
use super::record::{Kind, Record};
use super::watch::locked;
use crate::export::ExportReader;
use crate::source::{BadLine, BadLines, Chunk, LONGEST_KEPT, Line, read_event, refuse};

/// Reading, as all threads see it.
pub(super) struct Reading<'a, 'w, S> {
    job: &'a Job<'w>,
    bad_lines: BadLines,
    partitions: Partitions<'a>,
    found: Mutex<(Found, Held<'a>)>,
    /// The failure in the chunk that stands first, so that every run reports the same one.
    failed: Mutex<Option<(u64, FoldError)>>,
    order: PhantomData<fn() -> S>,
}

impl<'a, 'w, S: Order> Reading<'a, 'w, S> {
    pub(super) fn new(job: &'a Job<'w>, bad_lines: BadLines, partitions: Partitions<'a>) -> Self {
        Self {
            job,
            bad_lines,
            partitions,
            found: Mutex::new((Found::default(), job.meter.entry())),
            failed: Mutex::new(None),
            order: PhantomData,
        }
    }

    /// The partitions, what was found, and the memory that the redactions take.
    pub(super) fn finish(self) -> (Vec<Partition>, Found, Held<'a>) {
        let found = self.found.into_inner();
        let (found, held) = found.unwrap_or_else(PoisonError::into_inner);
        (self.partitions.close(), found, held)
    }

    /// Reads events files.
    pub(super) fn logs(&self, files: &[PathBuf]) -> Result<(), FoldError> {
        let feed = Mutex::new(Feed::new(files, self.job.plan, &self.job.meter));
        self.job.crew.work(|| self.work(files, &feed))?;
        match locked(&self.failed).take() {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    /// Takes chunks until there are none, or one failed.
    fn work(&self, files: &[PathBuf], feed: &Mutex<Feed<'_>>) -> Result<(), FoldError> {
        let mut chunk = Chunk::default();
        let mut held = self.job.meter.entry();
        let mut sorter = Sorter::new(
            &self.partitions,
            self.job.plan.spill_buffer(),
            &self.job.meter,
        )?;
        while let Some(origin) = self.next_chunk(feed, &mut chunk) {
            let done = held
                .set(chunk.capacity() as u64, Heavy::Buffers)
                .and_then(|()| self.take_chunk(&chunk, &origin, files, &mut sorter))
                .and_then(|()| self.job.watch.advance(chunk.length));
            if let Err(error) = done {
                self.fail(origin.number, error);
            }
        }
        sorter.finish()
    }

    fn fail(&self, number: u64, error: FoldError) {
        let mut failed = locked(&self.failed);
        if failed.as_ref().is_none_or(|(first, _)| number < *first) {
            *failed = Some((number, error));
        }
    }

    fn next_chunk(&self, feed: &Mutex<Feed<'_>>, chunk: &mut Chunk) -> Option<Origin> {
        let mut feed = locked(feed);
        // Chunks are given out in order: those before the failed one are out already.
        if locked(&self.failed).is_some() {
            return None;
        }
        let number = feed.number();
        feed.next(chunk).unwrap_or_else(|error| {
            self.fail(number, error);
            None
        })
    }

    fn take_chunk(
        &self,
        chunk: &Chunk,
        origin: &Origin,
        files: &[PathBuf],
        sorter: &mut Sorter<'_>,
    ) -> Result<(), FoldError> {
        let path = files.get(origin.file).map_or(Path::new(""), |path| path);
        let mut events = 0_u64;
        let mut bad = Vec::new();
        let mut redactions = Vec::new();
        let mut held = self.job.meter.entry();
        for line in chunk.lines() {
            self.weigh(&line, path, &mut held)?;
            match read_event::<S>(&line, path) {
                Ok(None) => {}
                Ok(Some(event)) => {
                    redactions.extend(event.redacts());
                    let record = Record {
                        kind: Kind::Line,
                        item_id: &event.event().item_id,
                        body: without_end(line.bytes),
                    };
                    sorter.put(&record, self.partitions.count())?;
                    events = events.saturating_add(1);
                }
                Err(line) => bad.push(refuse(line, self.bad_lines)?),
            }
            if bad.len() > KEPT_BAD_LINES {
                self.note(0, &mut bad, &mut Vec::new(), origin)?;
            }
        }
        self.note(events, &mut bad, &mut redactions, origin)
    }

    /// Refuses a line that is too heavy to be looked at.
    fn weigh(&self, line: &Line<'_>, path: &Path, held: &mut Held<'_>) -> Result<(), FoldError> {
        // A line that is longer than any may be is refused by its length alone.
        if line.length > LONGEST_KEPT as u64 {
            return Ok(());
        }
        let is_cut = line.length > line.bytes.len() as u64;
        let weight = line_weight(line.bytes);
        let heaviest = self.job.plan.heaviest_line();
        if !is_cut && weight <= heaviest {
            return if weight > heaviest / 16 {
                held.set(weight, Heavy::Buffers)
            } else {
                held.set(heaviest / 16, Heavy::Buffers)
            };
        }
        // Of a line that was cut the rest is taken to be like the beginning.
        let kept = line.bytes.len() as u64;
        let length = line.length;
        let weight = weight.saturating_mul(length.div_ceil(kept.max(1)));
        Err(FoldError::Memory {
            what: Heavy::Line {
                path: path.into(),
                line: line.number,
            },
            memory: self.job.plan.memory,
            enough: self.job.plan.enough_for_line(length, weight),
        })
    }

    fn note(
        &self,
        events: u64,
        bad: &mut Vec<BadLine>,
        redactions: &mut Vec<EventHash>,
        origin: &Origin,
    ) -> Result<(), FoldError> {
        let mut found = locked(&self.found);
        let (found, held) = &mut *found;
        found.events = found.events.saturating_add(events);
        for line in bad.drain(..) {
            found.skip(origin.file, line);
        }
        let noted = found.redact(redactions, held);
        redactions.clear();
        noted
    }

    /// Reads an export.
    pub(super) fn export(&self, path: &Path) -> Result<(), FoldError> {
        let mut sorter = Sorter::new(
            &self.partitions,
            self.job.plan.spill_buffer(),
            &self.job.meter,
        )?;
        let mut from = ExportReader::open::<S>(path)?;
        let mut held = self.job.meter.entry();
        let count = from.redaction_count()?;
        held.set(count.saturating_mul(64), Heavy::Redactions)?;
        let redactions = from.redactions(count)?;
        let mut told = 0;
        {
            let mut found = locked(&self.found);
            let (found, held) = &mut *found;
            found.redact(redactions.as_slice(), held)?;
        }
        drop(redactions);
        while let Some(length) = from.next_length()? {
            let what = Heavy::Payload {
                path: path.into(),
                start: from.offset(),
            };
            held.set(payload_weight(length), what)?;
            let (bytes, payload) = from.payload::<S>(length)?;
            let record = Record {
                kind: Kind::Payload,
                item_id: payload.item_id(),
                body: &bytes,
            };
            sorter.put(&record, self.partitions.count())?;
            let mut found = locked(&self.found);
            let (found, held) = &mut *found;
            found.payloads = found.payloads.saturating_add(1);
            found.redact(payload.state().redacted().as_slice(), held)?;
            self.job.watch.advance(from.offset().saturating_sub(told))?;
            told = from.offset();
        }
        sorter.finish()?;
        self.job.watch.advance(from.offset().saturating_sub(told))
    }
}

fn without_end(mut line: &[u8]) -> &[u8] {
    while let [head @ .., b'\n' | b'\r'] = line {
        line = head;
    }
    line
}
