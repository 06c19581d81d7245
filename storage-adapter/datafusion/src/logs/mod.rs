//! Between logs of bones, tables, and stores of `lattice`.
//!
//! | from | to | by |
//! |---|---|---|
//! | a log | event files | [`export_log`] |
//! | event files | lines of a log | [`event_lines`] |
//! | event files | a store | [`import_events`] |
//! | a store | a published result | [`export_store`] |
//! | a published result | a store | [`import_published`] |
//!
//! Everything goes in batches; of a store in memory, what is in memory already is all that is.

mod error;
mod export;
mod import;
mod lines;
mod rows;

pub use error::TransferError;
pub use export::{ExportLog, LogExported, export_log, export_store};
pub use import::{import_events, import_published};
pub use rows::{event_lines, event_states, snapshot_payloads};
