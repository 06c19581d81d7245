#![doc = include_str!("../README.md")]

mod bones;
mod compact;
mod event;
mod policy;
mod report;
mod verify;

pub use compact::{
    ItemSources, Snapshot, compact_item, compact_items, extract_snapshot_payload, masked_deltas,
};
pub use event::{CompactState, LatticeEvent, Standing};
pub use policy::{CompactionPolicy, Eligibility, eligibility, is_eligible};
pub use report::{CompactionReport, SkipReason};
pub use verify::{Verdict, VerifyError, verify_compaction, verify_lattice_join};
