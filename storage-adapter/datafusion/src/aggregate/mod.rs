//! Aggregates that are joins: each group is an element of a lattice.
//!
//! A join is associative, commutative and idempotent. So partial aggregates combine in any order, and a task that
//! runs twice changes nothing: the engine may retry, spill and repartition as it likes.

mod bytes;
mod function;
mod groups;
mod join;
mod one;
mod redactions;

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::AggregateUDF;

use crate::column::Bytes;
use crate::error::{Fault, PayloadError};
use bytes::HeldBytes;
use function::LatticeFunction;
use join::Join;
use redactions::RedactionSet;

/// `lattice_join(payload) -> payload`: the join of the payloads of one item.
///
/// Takes `Binary`, `LargeBinary` or `BinaryView`; gives `LargeBinary` for `LargeBinary`, else `Binary`. Nulls are left out, a
/// group of nulls alone is null. Every payload is decoded strictly; a partial state that is passed on unread is
/// decoded where it is merged, so nothing that does not decode gets into a result. `DISTINCT` and `ORDER BY` within the call
/// change nothing.
///
/// A group holds decoded states: about three times the bytes of its snapshot. Joining n events costs O(n log n).
///
/// # Errors
///
/// The query fails with a [`PayloadError`] on a payload that does not decode, and on payloads of two items or two orders
/// in one group.
pub fn lattice_join() -> AggregateUDF {
    LatticeFunction::<Join>::udaf()
}

/// `lattice_redactions(payload) -> Binary`: the redactions that any of the payloads knows of, as the sorted 32-byte
/// hashes of the redacted events one after the other. Of no payloads: the empty list, never null.
///
/// # Errors
///
/// The query fails with a [`PayloadError`] on a payload that does not decode.
pub fn lattice_redactions() -> AggregateUDF {
    LatticeFunction::<RedactionSet>::udaf()
}

/// `lattice_bytes(event_hash, bytes) -> UInt64`: how much the events take where they are stored, each counted once
/// however often it occurs. Where two rows give one event two sizes, the greater counts.
///
/// # Errors
///
/// The query fails with a [`PayloadError`] on a hash that has not 32 bytes.
pub fn lattice_bytes() -> AggregateUDF {
    LatticeFunction::<HeldBytes>::udaf()
}

/// An aggregate of this crate: a lattice, and how rows become elements of it.
trait Fold: Debug + Default + Send + Sync + 'static {
    /// The name in SQL.
    const NAME: &'static str;

    /// The types taken, for people.
    const TAKES: &'static str;

    /// Whether the arguments are of types taken.
    fn accepts(arguments: &[DataType]) -> bool;

    /// The type of the result for arguments of these types.
    fn returns(arguments: &[DataType]) -> DataType;

    /// Joins a row of arguments in.
    fn update(&mut self, row: Row<'_>) -> Result<(), Fault>;

    /// Joins a partial state in.
    fn merge(&mut self, state: &[u8]) -> Result<(), Fault>;

    /// The partial state; `None` for that of no rows. Leaves the value as it is.
    fn state(&mut self) -> Option<Vec<u8>>;

    /// The state of a single row, without reading more of it than is needed.
    fn state_of(row: Row<'_>) -> Result<Cow<'_, [u8]>, Fault>;

    /// The results of groups, as a column of [`returns`](Self::returns).
    fn results(values: &mut [Self], data_type: &DataType) -> Result<ArrayRef, PayloadError>;

    /// Bytes held on the heap, about. O(1).
    fn heap(&self) -> usize;
}

/// The arguments of an aggregate in a row, none of them null.
#[derive(Clone, Copy)]
struct Row<'a> {
    bytes: &'a [u8],
    /// The second argument, of those that take two.
    number: u64,
}

/// The columns of arguments of a batch.
struct Rows<'a> {
    bytes: Bytes<'a>,
    numbers: Option<&'a datafusion::arrow::array::UInt64Array>,
    len: usize,
}

impl<'a> Rows<'a> {
    fn of(columns: &'a [ArrayRef]) -> Result<Self, DataFusionError> {
        use datafusion::arrow::array::AsArray;
        let (Some(first), second) = (columns.first(), columns.get(1)) else {
            return datafusion::common::internal_err!("an aggregate without arguments");
        };
        Ok(Self {
            bytes: Bytes::of(first)?,
            numbers: second.and_then(|column| column.as_primitive_opt()),
            len: first.len(),
        })
    }

    /// A row; `None` when an argument is null.
    fn get(&self, row: usize) -> Option<Row<'a>> {
        let number = match self.numbers {
            None => 0,
            Some(numbers) if numbers.is_valid(row) => numbers.value(row),
            Some(_) => return None,
        };
        let bytes = self.bytes.get(row)?;
        Some(Row { bytes, number })
    }
}

/// All aggregates of this crate.
pub(crate) fn all() -> Vec<Arc<AggregateUDF>> {
    [lattice_join(), lattice_redactions(), lattice_bytes()]
        .map(Arc::new)
        .into()
}
