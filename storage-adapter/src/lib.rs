#![doc = include_str!("../README.md")]

mod any_store;
mod bones_export;
pub mod conformance;
mod error;
mod export;
mod item_store;
pub mod log;
mod log_dir;
mod log_store;
mod memory_log;
mod record;
mod restore;
mod shared;
mod source;
mod stopwatch;
mod streaming;
pub mod version;
mod whole;

pub use any_store::AnyStore;
pub use bones_compact::RetentionConfig;
pub use bones_export::{BonesExport, BonesExportError};
pub use error::{HistoryError, StoreError};
pub use export::{Export, ExportError};
pub use item_store::{
    At, Batch, CommitChanges, Compaction, CompactionOutcome, Compression, HeldEvent, ImportReport,
    ItemChange, ItemCheck, ItemStore, Moment, Reach, Salvage, Schema, Schemas, ScopeId, Stats,
    StoreCheck, View,
};
pub use log_store::{LogReader, LogRewrite, LogStore, SealedFrames};
pub use memory_log::{MemoryCursor, MemoryLog, MemoryReader, MemoryRewrite};
pub use record::{is_index, order_word};
pub use restore::restore;
pub use shared::{
    CompactionHandle, CompactionProgress, Durability, GRACE, Schedule, ScheduleHandle, SharedStats,
    SharedStore, StoreLease,
};
pub use source::{
    BadLine, BadLineReason, BadLines, ReadLog, SourceError, events_files, is_export, read_log,
};
pub use streaming::{
    FoldError, FoldOptions, FoldPhase, FoldProgress, FoldReport, Heavy, fold_logs,
};
pub use whole::write_whole;
