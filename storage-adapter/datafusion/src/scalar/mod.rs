//! Functions of one payload, row by row: for people, and for the steps of a compaction.

mod arguments;
mod compact;
mod mask;
mod text;
mod value;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

pub(crate) use compact::{COMPACTED, Rule, compact_outcome};

use compact::Compact;
use mask::Mask;
use text::{Text, Verify};
use value::Value;

/// `lattice_value(payload, field) -> Utf8`: a field of the item as `lattice show --json` names and shows it. Text as it is,
/// numbers and booleans in digits and words, lists as JSON; null when the field is absent or redacted.
///
/// # Errors
///
/// Planning fails on a name that is none of [`ItemView::FIELDS`](bones_snapshot::ItemView::FIELDS); the query fails with a [`PayloadError`](crate::PayloadError) on a
/// payload that does not decode.
pub fn lattice_value() -> ScalarUDF {
    ScalarUDF::new_from_impl(Value::default())
}

/// `lattice_json(payload) -> Utf8`: the item as `lattice show --json` shows it.
///
/// # Errors
///
/// The query fails with a [`PayloadError`](crate::PayloadError) on a payload that does not decode.
pub fn lattice_json() -> ScalarUDF {
    ScalarUDF::new_from_impl(Text::json())
}

/// `lattice_verify(payload) -> Boolean`: whether the bytes are a canonical payload. Fails on no bytes; null for null.
///
/// Says that a payload is well formed, not that it is true: that takes the events it covers
/// ([`bones_compact::verify_compaction`]).
pub fn lattice_verify() -> ScalarUDF {
    ScalarUDF::new_from_impl(Verify::default())
}

/// `lattice_fault(payload) -> Utf8`: why the bytes are no canonical payload, with the offset; null when they are.
pub fn lattice_fault() -> ScalarUDF {
    ScalarUDF::new_from_impl(Text::fault())
}

/// `lattice_mask(payload, redactions) -> payload`: the payload without the texts of the redacted events. `redactions` are
/// what [`lattice_redactions`](crate::lattice_redactions) gives.
///
/// # Errors
///
/// The query fails with a [`PayloadError`](crate::PayloadError) on a payload that does not decode, and on redactions that
/// are null or no list of hashes.
pub fn lattice_mask() -> ScalarUDF {
    ScalarUDF::new_from_impl(Mask::default())
}

/// `lattice_compact(payload, redactions, bytes, rule) -> Struct`: what compaction makes of the join of all events of an
/// item, with the fields of [`snapshot_schema`](crate::schema::snapshots) behind the item. The step that
/// [`compact`](crate::compact()) plans for each item; made for plans, not for people.
///
/// `bytes` is what the events take where they are stored: a snapshot that takes more is not made. `rule` is a policy and the
/// time it is asked at, as JSON. Either may be null, and then allows everything.
///
/// # Errors
///
/// Those of [`lattice_mask`]; and the query fails with a [`PayloadError`](crate::PayloadError) when the payload knows of a
/// redaction that `redactions` lacks, for then they are not those of all events.
pub fn lattice_compact() -> ScalarUDF {
    ScalarUDF::new_from_impl(Compact::default())
}

/// All scalar functions of this crate.
pub(crate) fn all() -> Vec<Arc<ScalarUDF>> {
    [
        lattice_value(),
        lattice_json(),
        lattice_verify(),
        lattice_fault(),
        lattice_mask(),
        lattice_compact(),
    ]
    .map(Arc::new)
    .into()
}
