#![doc = include_str!("../README.md")]

mod any_store;
mod error;
mod export;
mod item_store;
pub mod log;
mod record;
mod source;

pub use any_store::AnyStore;
pub use error::StoreError;
pub use export::{Export, ExportError};
pub use item_store::{
    Batch, CompactionOutcome, HeldEvent, ImportReport, ItemCheck, ItemStore, Stats, StoreCheck,
};
pub use record::order_word;
pub use source::{BadLine, BadLineReason, BadLines, ReadLog, SourceError, is_export, read_log};
