#![doc = include_str!("../README.md")]

mod any_store;
mod bones_export;
mod error;
mod export;
mod item_store;
pub mod log;
mod record;
mod source;
mod streaming;
mod whole;

pub use any_store::AnyStore;
pub use bones_export::{BonesExport, BonesExportError};
pub use error::StoreError;
pub use export::{Export, ExportError};
pub use item_store::{
    Batch, CompactionOutcome, HeldEvent, ImportReport, ItemCheck, ItemStore, Stats, StoreCheck,
};
pub use record::order_word;
pub use source::{BadLine, BadLineReason, BadLines, ReadLog, SourceError, is_export, read_log};
pub use streaming::{
    FoldError, FoldOptions, FoldPhase, FoldProgress, FoldReport, Heavy, fold_logs,
};
pub use whole::write_whole;
