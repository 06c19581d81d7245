//! One field of an item.

use std::sync::Arc;

use bones_snapshot::ItemView;
use datafusion::arrow::array::{Array, AsArray, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use serde::Serialize;

use super::arguments::{Call, Kind, coerced};
use crate::column::Bytes;
use crate::error::{Fault, PayloadError};

const NAME: &str = "lattice_value";

/// `lattice_value(payload, field)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Value {
    signature: Signature,
}

impl Default for Value {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for Value {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        coerced(NAME, &[Kind::Bytes, Kind::Text], arguments)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        internal_err!("the name of the field is needed")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        // A name that is known now is judged now, before anything runs.
        if let Some(Some(ScalarValue::Utf8(Some(name)))) = args.scalar_arguments.get(1)
            && !ItemView::FIELDS.contains(&name.as_str())
        {
            let name = name.clone();
            return plan_err!("{NAME}: {}", Fault::Field { name });
        }
        Ok(Arc::new(Field::new(NAME, DataType::Utf8, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let call = Call::new(NAME, &args);
        let (payloads, names) = (call.column(0)?, call.column(1)?);
        let (payloads, names) = (Bytes::of(&payloads)?, names.as_string::<i32>());
        let mut values = StringBuilder::new();
        for row in 0..call.rows {
            if names.is_null(row) {
                values.append_null();
                continue;
            }
            let view = call.payload(&payloads, row)?.map(|payload| payload.view());
            let value = view.map(|view| field(&view, names.value(row)));
            let value = value.transpose().map_err(|fault| fault.at(NAME, row))?;
            push(NAME, &mut values, value.flatten().as_deref(), row)?;
        }
        call.give(Arc::new(values.finish()))
    }
}

/// Appends to a column of 32-bit offsets, which Arrow panics at the end of.
pub(super) fn push(
    function: &'static str,
    column: &mut StringBuilder,
    value: Option<&str>,
    row: usize,
) -> Result<(), PayloadError> {
    let length = value.map_or(0, str::len);
    let end = column.values_slice().len().saturating_add(length);
    if i32::try_from(end).is_err() {
        return Err(Fault::TooLarge.at(function, row));
    }
    column.append_option(value);
    Ok(())
}

/// A field of an item as text; `None` when it is absent or redacted.
fn field(view: &ItemView, name: &str) -> Result<Option<String>, Fault> {
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    let word = |word: Option<&'static str>| word.map(str::to_owned);
    let value = match name {
        "item_id" => Some(view.item_id.to_string()),
        "title" => text(&view.title),
        "description" => text(&view.description),
        "kind" => word(view.kind.map(bones_snapshot::Kind::as_str)),
        "size" => word(view.size.map(bones_snapshot::Size::as_str)),
        "urgency" => word(view.urgency.map(bones_snapshot::Urgency::as_str)),
        "parent" => text(&view.parent),
        "deleted" => Some(view.deleted.to_string()),
        "phase" => word(Some(view.phase.as_str())),
        "epoch" => Some(view.epoch.to_string()),
        "labels" => json(&view.labels),
        "assignees" => json(&view.assignees),
        "blocked_by" => json(&view.blocked_by),
        "related_to" => json(&view.related_to),
        "links" => json(&view.links),
        "comments" => json(&view.comments),
        "moves" => json(&view.moves),
        "created_at" => Some(view.created_at.to_string()),
        "updated_at" => Some(view.updated_at.to_string()),
        "compact_summary" => text(&view.compact_summary),
        "other" => json(&view.other),
        "legacy" => json(&view.legacy),
        "redacted" => json(&view.redacted),
        "compacted_from" => Some(view.compacted_from.to_string()),
        "earliest_ts" => Some(view.earliest_ts.to_string()),
        "latest_ts" => Some(view.latest_ts.to_string()),
        unknown => {
            return Err(Fault::Field {
                name: unknown.to_owned(),
            });
        }
    };
    Ok(value)
}

/// JSON of a list; writing it to memory does not fail.
pub(super) fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
