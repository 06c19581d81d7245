//! The union of what payloads know to be redacted.

use std::borrow::Cow;

use bones_snapshot::EventHash;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use lattice_core::{JoinSemilattice, Set};

use super::{Fold, Row};
use crate::column::{BytesBuilder, is_bytes};
use crate::error::{Fault, PayloadError};
use crate::hashes::{decode_hashes, encode_hashes};
use crate::item::Payload;

/// A group of `lattice_redactions`. Partial states and results are lists of hashes.
#[derive(Debug, Default)]
pub(super) struct RedactionSet(Set<EventHash>);

impl Fold for RedactionSet {
    const NAME: &'static str = "lattice_redactions";
    const TAKES: &'static str = "(Binary | LargeBinary | BinaryView)";

    fn accepts(arguments: &[DataType]) -> bool {
        matches!(arguments, [payload] if is_bytes(payload))
    }

    fn returns(_arguments: &[DataType]) -> DataType {
        DataType::Binary
    }

    fn update(&mut self, row: Row<'_>) -> Result<(), Fault> {
        let payload = Payload::decode(row.bytes).map_err(Fault::Payload)?;
        self.0.join_ref(payload.redacted());
        Ok(())
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), Fault> {
        self.0.join(decode_hashes(state)?);
        Ok(())
    }

    fn state(&mut self) -> Option<Vec<u8>> {
        Some(encode_hashes(&self.0))
    }

    fn state_of(row: Row<'_>) -> Result<Cow<'_, [u8]>, Fault> {
        let payload = Payload::decode(row.bytes).map_err(Fault::Payload)?;
        Ok(encode_hashes(payload.redacted()).into())
    }

    fn results(values: &mut [Self], data_type: &DataType) -> Result<ArrayRef, PayloadError> {
        let mut column = BytesBuilder::new(data_type, values.len());
        for value in values {
            column.push(Self::NAME, Some(&encode_hashes(&value.0)))?;
        }
        Ok(column.finish())
    }

    fn heap(&self) -> usize {
        self.0.len().saturating_mul(size_of::<EventHash>())
    }
}
