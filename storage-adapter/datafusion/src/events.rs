//! From event lines to batches of [`schema::events`](crate::schema::events).

use std::sync::Arc;

use bones_snapshot::{EventData, EventHash, Order, Stamped};
use datafusion::arrow::array::{
    ArrayRef, BinaryBuilder, FixedSizeBinaryBuilder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder, UInt64Builder,
};
use datafusion::arrow::error::ArrowError;
use lattice_core::Set;

use crate::schema;

/// Builds batches of events.
///
/// ```
/// use bones_snapshot::{Stamped, parse_line, write_line};
/// use lattice_core::Set;
/// use lattice_datafusion::EventsBuilder;
/// use lattice_lww::Unstamped;
///
/// let line = write_line(7, "alice", "-", &[], "item.move", "bn-1", r#"{"state":"done"}"#);
/// let event = Stamped::<Unstamped>::new(parse_line(line.as_bytes())?.expect("an event"))?;
/// let mut events = EventsBuilder::new(true);
/// events.push(&line, &event, &Set::new())?;
/// let batch = events.finish()?;
/// assert_eq!((batch.num_rows(), batch.schema()), (1, lattice_datafusion::schema::events()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventsBuilder {
    keep_lines: bool,
    item_id: StringBuilder,
    event_hash: FixedSizeBinaryBuilder,
    wall_ts: TimestampMicrosecondBuilder,
    agent: StringBuilder,
    event_type: StringBuilder,
    stamp: StringBuilder,
    bytes: UInt64Builder,
    delta: BinaryBuilder,
    line: StringBuilder,
    rows: usize,
    held: usize,
}

impl EventsBuilder {
    /// A builder without rows. Whether lines are kept doubles the size of what is written: keep them where the
    /// table has to give the log back.
    pub fn new(keep_lines: bool) -> Self {
        Self {
            keep_lines,
            item_id: StringBuilder::new(),
            event_hash: FixedSizeBinaryBuilder::new(32),
            wall_ts: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            agent: StringBuilder::new(),
            event_type: StringBuilder::new(),
            stamp: StringBuilder::new(),
            bytes: UInt64Builder::new(),
            delta: BinaryBuilder::new(),
            line: StringBuilder::new(),
            rows: 0,
            held: 0,
        }
    }

    /// Appends an event with its line, without the line end. Of an event that is redacted the delta is masked and the
    /// line left out: what is written holds no redacted text.
    ///
    /// # Errors
    ///
    /// [`ArrowError::OffsetOverflowError`] when the batch would be larger than Arrow's columns can be: finish it before.
    pub fn push<S: Order>(
        &mut self,
        line: &str,
        event: &Stamped<S>,
        redactions: &Set<EventHash>,
    ) -> Result<(), ArrowError> {
        let mut delta = event.delta();
        delta.redact(redactions);
        let event = event.event();
        let is_redacted = redactions.contains(&event.hash);
        let delta = delta.encode(&event.item_id);
        // SUBTLE: a type that no rule knows is text of the writer's.
        let hides_type = is_redacted && matches!(event.data, EventData::Opaque);
        let event_type = line.split('\t').nth(4).filter(|_| !hides_type);
        let kept = Some(line).filter(|_| self.keep_lines && !is_redacted);

        let row = line.len().saturating_mul(2).saturating_add(delta.len());
        let held = self.held.saturating_add(row).saturating_add(128);
        // SUBTLE: Arrow panics where 32-bit offsets end.
        if i32::try_from(held).is_err() {
            return Err(ArrowError::OffsetOverflowError(held));
        }
        self.held = held;

        self.item_id.append_value(&event.item_id);
        self.event_hash.append_value(event.hash.0)?;
        self.wall_ts.append_value(event.wall_ts);
        self.agent.append_value(&event.agent);
        self.event_type.append_option(event_type);
        self.stamp.append_value(&event.stamp_text);
        self.bytes.append_value(line.len() as u64);
        self.delta.append_value(&delta);
        self.line.append_option(kept);
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    /// How many rows the next batch has so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// At most how many bytes it takes. Columns end at 2 GiB: finish a batch long before.
    pub fn held_bytes(&self) -> usize {
        self.held
    }

    /// The rows since the last batch.
    ///
    /// # Errors
    ///
    /// That of Arrow, on no input.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        (self.rows, self.held) = (0, 0);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.item_id.finish()),
            Arc::new(self.event_hash.finish()),
            Arc::new(self.wall_ts.finish()),
            Arc::new(self.agent.finish()),
            Arc::new(self.event_type.finish()),
            Arc::new(self.stamp.finish()),
            Arc::new(self.bytes.finish()),
            Arc::new(self.delta.finish()),
            Arc::new(self.line.finish()),
        ];
        RecordBatch::try_new(schema::events(), columns)
    }
}
