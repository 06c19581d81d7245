//! Compaction on a Ballista cluster.
