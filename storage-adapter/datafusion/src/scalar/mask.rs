//! Taking redacted texts out of payloads.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::arguments::{Call, Kind, coerced};
use crate::column::{Bytes, BytesBuilder, output_type};

const NAME: &str = "lattice_mask";

/// `lattice_mask(payload, redactions)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Mask {
    signature: Signature,
}

impl Default for Mask {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for Mask {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        coerced(NAME, &[Kind::Bytes, Kind::Bytes], arguments)
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(output_type(arguments.first()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let call = Call::new(NAME, &args);
        let payloads = call.column(0)?;
        let payloads = Bytes::of(&payloads)?;
        let mut redactions = call.redactions(1)?;
        let mut masked = BytesBuilder::new(args.return_type(), call.rows);
        for row in 0..call.rows {
            let payload = call.payload(&payloads, row)?;
            let payload = match payload {
                Some(payload) => Some(payload.masked(redactions.at(row)?).encode()),
                None => None,
            };
            masked.push(NAME, payload.as_deref())?;
        }
        call.give(masked.finish())
    }
}
