//! Arguments of scalar functions: columns or constants.

use std::sync::Arc;

use bones_snapshot::EventHash;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt64Type};
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
        let (lists, places) = match column.as_any_dictionary_opt() {
            None => (column, Places::Rows),
            Some(dictionary) => {
                let keys = cast(dictionary.keys(), &DataType::UInt64)?;
                let keys = keys.as_primitive::<UInt64Type>().clone();
                (Arc::clone(dictionary.values()), Places::Keys(keys))
            }
        };
        Ok(Redactions {
            is_constant: self.constant(at).is_some(),
            function: self.function,
            lists,
            places,
            last: None,
        })
    }
}

/// Redactions by row: nearly always the same in every row, and then decoded once.
pub(super) struct Redactions {
    function: &'static str,
    lists: ArrayRef,
    places: Places,
    is_constant: bool,
    /// The place decoded last, and what it holds.
    last: Option<(usize, Set<EventHash>)>,
}

/// Where the list of a row is found.
enum Places {
    /// In the same row.
    Rows,
    /// Where the key of a dictionary says.
    Keys(UInt64Array),
}

impl Places {
    fn of(&self, row: usize) -> Option<usize> {
        match self {
            Self::Rows => Some(row),
            Self::Keys(keys) if keys.is_valid(row) => usize::try_from(keys.value(row)).ok(),
            Self::Keys(_) => None,
        }
    }
}

impl Redactions {
    pub(super) fn at(&mut self, row: usize) -> Result<&Set<EventHash>> {
        let null = || {
            let fault = Fault::Null {
                argument: "redactions",
            };
            fault.at(self.function, row)
        };
        let place = if self.is_constant { 0 } else { row };
        let place = self.places.of(place).ok_or_else(null)?;
        let lists = Bytes::of(&self.lists)?;
        let bytes = lists.get(place).ok_or_else(null)?;
        let redactions = match self.last.take() {
            // Lists are long: where they are is asked before what they are.
            Some((last, redactions)) if last == place || lists.get(last) == Some(bytes) => {
                redactions
            }
            _ => decode_hashes(bytes).map_err(|fault| fault.at(self.function, row))?,
        };
        let (_, redactions) = self.last.insert((place, redactions));
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
    /// A list of hashes: bytes, or a dictionary of such.
    List,
    Text,
    Count,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            // A dictionary of them may stand for a list; who writes one by hand writes the list.
            Self::Bytes | Self::List => "Binary | LargeBinary | BinaryView",
            Self::Text => "Utf8",
            Self::Count => "UInt64",
        }
    }

    fn coerced(self, found: &DataType) -> Option<DataType> {
        match (self, found) {
            (Self::Bytes, DataType::Null) => Some(DataType::Binary),
            (Self::Bytes, found) => is_bytes(found).then(|| found.clone()),
            (Self::List, DataType::Dictionary(_, values)) => {
                is_bytes(values).then(|| found.clone())
            }
            (Self::List, found) => Self::Bytes.coerced(found),
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
