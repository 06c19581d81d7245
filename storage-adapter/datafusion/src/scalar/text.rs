//! A payload as text for people, and whether it is one.

use std::sync::Arc;

use datafusion::arrow::array::{BooleanBuilder, StringBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::arguments::{Call, Kind, coerced};
use super::value::{json, push};
use crate::column::Bytes;
use crate::item::Payload;

/// `lattice_json(payload)` and `lattice_fault(payload)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Text {
    what: What,
    signature: Signature,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Json,
    Fault,
}

impl Text {
    pub(super) fn json() -> Self {
        Self::of(What::Json)
    }

    pub(super) fn fault() -> Self {
        Self::of(What::Fault)
    }

    fn of(what: What) -> Self {
        Self {
            what,
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }

    fn word(&self) -> &'static str {
        match self.what {
            What::Json => "lattice_json",
            What::Fault => "lattice_fault",
        }
    }
}

impl ScalarUDFImpl for Text {
    fn name(&self) -> &str {
        self.word()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        coerced(self.word(), &[Kind::Bytes], arguments)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let call = Call::new(self.word(), &args);
        let payloads = call.column(0)?;
        let payloads = Bytes::of(&payloads)?;
        let mut texts = StringBuilder::new();
        for row in 0..call.rows {
            let text = match self.what {
                What::Json => {
                    let payload = call.payload(&payloads, row)?;
                    payload.and_then(|payload| json(&payload.view()))
                }
                What::Fault => {
                    let bytes = payloads.get(row);
                    bytes.and_then(|bytes| Payload::decode(bytes).err().map(|e| e.to_string()))
                }
            };
            push(self.word(), &mut texts, text.as_deref(), row)?;
        }
        call.give(Arc::new(texts.finish()))
    }
}

const VERIFY: &str = "lattice_verify";

/// `lattice_verify(payload)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Verify {
    signature: Signature,
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for Verify {
    fn name(&self) -> &str {
        VERIFY
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        coerced(VERIFY, &[Kind::Bytes], arguments)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let call = Call::new(VERIFY, &args);
        let payloads = call.column(0)?;
        let payloads = Bytes::of(&payloads)?;
        let mut sound = BooleanBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            let bytes = payloads.get(row);
            sound.append_option(bytes.map(|bytes| Payload::decode(bytes).is_ok()));
        }
        call.give(Arc::new(sound.finish()))
    }
}
