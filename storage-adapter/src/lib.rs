//! A durable log store for lattice-compacted event logs with one atomic commit point.

pub mod log;
