//! Arguments of scalar functions: columns or constants.

use std::sync::Arc;

use bones_snapshot::EventHash;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_datafusion_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
use lattice_core::Set;

use crate::column::{Bytes, is_bytes};
use crate::error::{Fault, PayloadError};
use crate::hashes::decode_hashes;
use crate::item::Payload;

/// How often a function is to be called, and how its result is given back.
pub(super) struct Call<'a> {
    function: &'static str,
    args: &'a [ColumnarValue],
    /// Rows to compute: one when every argument is a constant.
    pub(super) rows: usize,
    is_constant: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(function: &'static str, args: &'a ScalarFunctionArgs) -> Self {
        let constant = |arg: &ColumnarValue| matches!(arg, ColumnarValue::Scalar(_));
        let is_constant = args.args.iter().all(constant);
        Self {
            function,
            args: &args.args,
            rows: if is_constant { 1 } else { args.number_rows },
            is_constant,
        }
    }

    fn argument(&self, at: usize) -> Result<&'a ColumnarValue> {
        let argument = self.args.get(at);
        argument.ok_or_else(|| internal_datafusion_err!("{} lacks an argument", self.function))
    }

    /// An argument as a column.
    pub(super) fn column(&self, at: usize) -> Result<ArrayRef> {
        self.argument(at)?.to_array(self.rows)
    }

    /// An argument that must be constant; `None` when it is not.
    pub(super) fn constant(&self, at: usize) -> Option<&'a ScalarValue> {
        match self.args.get(at) {
            Some(ColumnarValue::Scalar(value)) => Some(value),
            _ => None,
        }
    }

    /// The result as the engine wants it.
    pub(super) fn give(&self, column: ArrayRef) -> Result<ColumnarValue> {
        if self.is_constant {
            return Ok(ScalarValue::try_from_array(&column, 0)?.into());
        }
        Ok(ColumnarValue::Array(column))
    }

    /// The payload of a row; `None` when it is null.
    pub(super) fn payload(
        &self,
        column: &Bytes<'_>,
        row: usize,
    ) -> Result<Option<Payload>, PayloadError> {
        let Some(bytes) = column.get(row) else {
            return Ok(None);
        };
        let payload = Payload::decode(bytes).map_err(Fault::Payload);
        payload.map(Some).map_err(|e| e.at(self.function, row))
    }

    /// The redactions in an argument.
    pub(super) fn redactions(&self, at: usize) -> Result<Redactions> {
        let column = match self.argument(at)? {
            ColumnarValue::Scalar(value) => value.to_array()?,
            ColumnarValue::Array(column) => Arc::clone(column),
        };
        Ok(Redactions {
            is_constant: self.constant(at).is_some(),
            function: self.function,
            column,
            last: None,
        })
    }
}

/// Redactions by row: nearly always the same in every row, and then decoded once.
pub(super) struct Redactions {
    function: &'static str,
    column: ArrayRef,
    is_constant: bool,
    /// The row decoded last, and what it holds.
    last: Option<(usize, Set<EventHash>)>,
}

impl Redactions {
    pub(super) fn at(&mut self, row: usize) -> Result<&Set<EventHash>> {
        let place = if self.is_constant { 0 } else { row };
        let column = Bytes::of(&self.column)?;
        let bytes = column.get(place).ok_or(Fault::Null {
            argument: "redactions",
        });
        let bytes = bytes.map_err(|fault| fault.at(self.function, row))?;
        let (_, redactions) = match self.last.take() {
            Some((last, redactions)) if column.get(last) == Some(bytes) => {
                self.last.insert((place, redactions))
            }
            _ => {
                let redactions = decode_hashes(bytes);
                let redactions = redactions.map_err(|fault| fault.at(self.function, row))?;
                self.last.insert((place, redactions))
            }
        };
        Ok(redactions)
    }
}

/// Types for the arguments of a function, where a literal NULL takes the type asked for.
pub(super) fn coerced(
    function: &str,
    takes: &[Kind],
    arguments: &[DataType],
) -> Result<Vec<DataType>> {
    let fits = |(kind, found): (&Kind, &DataType)| kind.coerced(found);
    let types: Option<Vec<DataType>> = takes.iter().zip(arguments).map(fits).collect();
    match types {
        Some(types) if takes.len() == arguments.len() => Ok(types),
        _ => {
            let takes: Vec<&str> = takes.iter().map(|kind| kind.as_str()).collect();
            let found: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let (takes, found) = (takes.join(", "), found.join(", "));
            plan_err!("{function} takes ({takes}), found ({found})")
        }
    }
}

/// What a function takes in a place.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Bytes,
    Text,
    Count,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "Binary | LargeBinary | BinaryView",
            Self::Text => "Utf8",
            Self::Count => "UInt64",
        }
    }

    fn coerced(self, found: &DataType) -> Option<DataType> {
        match (self, found) {
            (Self::Bytes, DataType::Null) => Some(DataType::Binary),
            (Self::Bytes, found) => is_bytes(found).then(|| found.clone()),
            (
                Self::Text,
                DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View,
            ) => Some(DataType::Utf8),
            (Self::Count, DataType::Null | DataType::UInt64 | DataType::Int64) => {
                Some(DataType::UInt64)
            }
            _ => None,
        }
    }
}
