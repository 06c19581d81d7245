#![doc = include_str!("../README.md")]

mod bones;
mod compact;
mod event;
mod history;
mod policy;
mod report;
mod retention;
mod verify;

pub use compact::{
    ItemSources, Snapshot, compact_item, compact_items, extract_snapshot_payload, masked_deltas,
};
pub use event::{CompactState, LatticeEvent, Standing};
pub use history::{
    Dated, Extent, Histories, Source, Version, compact_histories, holds_redacted, masked, state_at,
    versions,
};
pub use policy::{CompactionPolicy, Eligibility, eligibility, is_eligible};
pub use report::{CompactionReport, SkipReason};
pub use retention::{
    Commit, PolicyClock, Retention, RetentionConfig, RetentionError, RetentionPlan, policy_clock,
};
pub use verify::{Verdict, VerifyError, verify_compaction, verify_lattice_join};
