//! The join of payloads.

use std::borrow::Cow;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;

use super::{Fold, Row};
use crate::column::{BytesBuilder, is_bytes, output_type};
use crate::error::{Fault, PayloadError};
use crate::item::Joined;

/// A group of `lattice_join`. Argument, partial state and result are payloads.
#[derive(Debug, Default)]
pub(super) struct Join(Joined);

impl Fold for Join {
    const NAME: &'static str = "lattice_join";
    const TAKES: &'static str = "(Binary | LargeBinary | BinaryView)";

    fn accepts(arguments: &[DataType]) -> bool {
        matches!(arguments, [payload] if is_bytes(payload))
    }

    fn returns(arguments: &[DataType]) -> DataType {
        output_type(arguments.first())
    }

    fn update(&mut self, row: Row<'_>) -> Result<(), Fault> {
        self.0.take(row.bytes)
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), Fault> {
        self.0.take(state)
    }

    fn state(&mut self) -> Option<Vec<u8>> {
        self.0.encode()
    }

    fn state_of(row: Row<'_>) -> Result<Cow<'_, [u8]>, Fault> {
        // SUBTLE: not decoded here. Whoever merges it decodes it, and nobody else reads it.
        Ok(Cow::Borrowed(row.bytes))
    }

    fn results(values: &mut [Self], data_type: &DataType) -> Result<ArrayRef, PayloadError> {
        let mut column = BytesBuilder::new(data_type, values.len());
        for value in values {
            column.push(Self::NAME, value.0.encode().as_deref())?;
        }
        Ok(column.finish())
    }

    fn heap(&self) -> usize {
        self.0.heap()
    }
}
