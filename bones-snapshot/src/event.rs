//! One event of a bones log, as read from its line.

use std::sync::Arc;

use crate::data::EventData;
use crate::hash::EventHash;

/// Text that states share instead of copying.
pub type Text = Arc<str>;
/// The name of a writing agent. Ordered by its UTF-8 bytes.
pub type AgentId = Arc<str>;

/// One event, parsed and with its hash verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Wall clock of the writer in microseconds since the Unix epoch, exactly as written. May be
    /// zero or negative: keys use [`Event::order_ts`].
    pub wall_ts: i64,
    /// The writer.
    pub agent: AgentId,
    /// The stamp column, undecoded. An `itc` store decodes it; a `wall` store never looks.
    pub stamp_text: Box<str>,
    /// The item the event belongs to, trimmed and in lower case as bones reads it.
    pub item_id: Box<str>,
    /// What the event does.
    pub data: EventData,
    /// The parts of the event that no rule understands, as the JSON text
    /// `{"data":{...},"type":"..."}`; `None` when everything was understood.
    pub rest: Option<Text>,
    /// BLAKE3 over the first seven columns of the line.
    pub hash: EventHash,
}

impl Event {
    /// The wall clock as ordering uses it: negative times read as 0.
    pub fn order_ts(&self) -> u64 {
        u64::try_from(self.wall_ts).unwrap_or(0)
    }
}
