//! Columns of bytes, whichever of Arrow's layouts they come in.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BinaryViewArray, FixedSizeBinaryArray,
    LargeBinaryArray, LargeBinaryBuilder,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, plan_err};

use crate::error::{Fault, PayloadError};

/// A column of bytes. Parquet gives views, tables in memory what they were made with.
pub(crate) enum Bytes<'a> {
    Small(&'a BinaryArray),
    Large(&'a LargeBinaryArray),
    View(&'a BinaryViewArray),
    Fixed(&'a FixedSizeBinaryArray),
}

impl<'a> Bytes<'a> {
    /// The column of an argument, which planning has checked with [`is_bytes`].
    pub(crate) fn of(array: &'a ArrayRef) -> Result<Self, DataFusionError> {
        match array.data_type() {
            DataType::Binary => Ok(Self::Small(array.as_binary())),
            DataType::LargeBinary => Ok(Self::Large(array.as_binary())),
            DataType::BinaryView => Ok(Self::View(array.as_binary_view())),
            DataType::FixedSizeBinary(_) => Ok(Self::Fixed(array.as_fixed_size_binary())),
            other => plan_err!("expected a column of bytes, found {other}"),
        }
    }

    /// The value of a row; `None` when it is null.
    pub(crate) fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::Small(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Fixed(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// True iff [`Bytes`] reads columns of the type.
pub(crate) fn is_bytes(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_)
    )
}

/// The type that payloads come out in when they came in as `input`: what holds as much.
pub(crate) fn output_type(input: Option<&DataType>) -> DataType {
    match input {
        Some(DataType::LargeBinary) => DataType::LargeBinary,
        _ => DataType::Binary,
    }
}

/// Builds a column of bytes of one of the output types.
pub(crate) enum BytesBuilder {
    Small(BinaryBuilder),
    Large(LargeBinaryBuilder),
}

impl BytesBuilder {
    pub(crate) fn new(data_type: &DataType, rows: usize) -> Self {
        match data_type {
            DataType::LargeBinary => Self::Large(LargeBinaryBuilder::with_capacity(rows, 0)),
            _ => Self::Small(BinaryBuilder::with_capacity(rows, 0)),
        }
    }

    /// Appends a value or a null.
    pub(crate) fn push(
        &mut self,
        function: &'static str,
        value: Option<&[u8]>,
    ) -> Result<(), PayloadError> {
        match self {
            Self::Large(builder) => builder.append_option(value),
            Self::Small(builder) => {
                // SUBTLE: Arrow panics where 32-bit offsets end.
                let length = value.map_or(0, <[u8]>::len);
                let end = builder.values_slice().len().saturating_add(length);
                if i32::try_from(end).is_err() {
                    let row = builder.offsets_slice().len().saturating_sub(1);
                    return Err(Fault::TooLarge.at(function, row));
                }
                builder.append_option(value);
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> ArrayRef {
        match &mut self {
            Self::Small(builder) => Arc::new(builder.finish()),
            Self::Large(builder) => Arc::new(builder.finish()),
        }
    }
}
