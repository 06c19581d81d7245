//! Why a function of this crate refuses what it was given.

use std::fmt;

use bones_snapshot::DecodeError;
use datafusion::common::DataFusionError;
use thiserror::Error;

/// A value that a function cannot work with.
///
/// Reaches the caller of a query as [`DataFusionError::External`]; [`PayloadError::of`] finds it there. Over a
/// cluster only what `Debug` shows arrives, which is therefore the message. Messages quote no content.
#[derive(Clone, PartialEq, Eq, Error)]
#[error("{function}: row {row} of the batch: {why}")]
#[non_exhaustive]
pub struct PayloadError {
    /// The function.
    pub function: &'static str,
    /// The row in the batch that the function was given, from 0.
    pub row: usize,
    /// What is wrong there.
    pub why: Fault,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are no canonical payload.
    #[error("payload does not decode: {0}")]
    Payload(#[source] DecodeError),
    /// A group holds payloads of two items.
    #[error("payload is of item `{found}`, the group of item `{expected}`: group by the item")]
    Item {
        /// The item of the payloads before.
        expected: Box<str>,
        /// The item of this one.
        found: Box<str>,
    },
    /// A group holds payloads of two orders.
    #[error("payload is ordered by `{found}`, the group by `{expected}`: orders cannot be mixed")]
    Order {
        /// The order of the payloads before.
        expected: &'static str,
        /// The order of this one.
        found: &'static str,
    },
    /// The bytes are no list of hashes.
    #[error("{length} bytes are no strictly increasing list of entries of {entry} bytes")]
    List {
        /// How many bytes there are.
        length: usize,
        /// How many an entry has.
        entry: usize,
    },
    /// A snapshot knows of a redaction that is not among all of them.
    #[error(
        "payload knows of a redaction that is not among those given: collect lattice_redactions over all \
         events, and check that the column event_type says item.redact where an event redacts"
    )]
    RedactionUnknown,
    /// An argument that has to be there is null.
    #[error("{argument} is null: pass a value")]
    Null {
        /// The argument.
        argument: &'static str,
    },
    /// There is no field of that name.
    #[error("no field `{name}`: the fields are {}", bones_snapshot::ItemView::FIELDS.join(", "))]
    Field {
        /// The name asked for.
        name: String,
    },
    /// A column of results has outgrown its type.
    #[error(
        "the values of one batch take more than 2 GiB: use more target partitions, or cast the payload to \
         LargeBinary"
    )]
    TooLarge,
}

impl Fault {
    /// The fault as met by a function in a row.
    pub(crate) fn at(self, function: &'static str, row: usize) -> PayloadError {
        PayloadError {
            function,
            row,
            why: self,
        }
    }
}

impl fmt::Debug for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PayloadError")
            .field(&self.to_string())
            .finish()
    }
}

impl PayloadError {
    /// The error of this crate in an error of `DataFusion`, however deep; `None` when there is none.
    pub fn of(error: &DataFusionError) -> Option<&Self> {
        match error.find_root() {
            DataFusionError::External(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<PayloadError> for DataFusionError {
    fn from(error: PayloadError) -> Self {
        Self::External(Box::new(error))
    }
}
