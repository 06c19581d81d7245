//! What compaction makes of an item.

use std::borrow::Cow;
use std::sync::Arc;

use bones_compact::{CompactState, CompactionPolicy, Eligibility, SkipReason, eligibility};
use bones_snapshot::{EventHash, ItemState, Order, SnapshotId};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, StringBuilder, StructArray, UInt64Array,
    UInt64Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, UInt64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use lattice_core::{JoinSemilattice, Set};
use serde::{Deserialize, Serialize};

use super::arguments::{Call, Kind, coerced};
use crate::column::{Bytes, BytesBuilder, output_type};
use crate::error::Fault;
use crate::item::Payload;

const NAME: &str = "lattice_compact";
/// The outcome of an item that is compacted.
pub(crate) const COMPACTED: &str = "compacted";

/// A policy and the time it is asked at, as they travel in a plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule<'a> {
    now_micros: u64,
    min_age_days: u32,
    target_phases: Cow<'a, [String]>,
    include_deleted: bool,
    max_snapshot_bytes: u64,
}

impl<'a> Rule<'a> {
    pub(crate) fn new(policy: &'a CompactionPolicy, now_micros: u64) -> Self {
        Self {
            now_micros,
            min_age_days: policy.min_age_days,
            target_phases: Cow::Borrowed(&policy.target_phases),
            include_deleted: policy.include_deleted,
            max_snapshot_bytes: policy.max_snapshot_bytes,
        }
    }

    /// The rule as an argument of the function.
    pub(crate) fn literal(&self) -> ScalarValue {
        ScalarValue::Utf8(super::value::json(self))
    }

    fn read(argument: Option<&ScalarValue>) -> Result<Option<(CompactionPolicy, u64)>> {
        let Some(ScalarValue::Utf8(text)) = argument else {
            return plan_err!("{NAME}: the rule must be a constant");
        };
        let Some(text) = text else {
            return Ok(None);
        };
        match serde_json::from_str::<Rule<'_>>(text) {
            Err(error) => plan_err!("{NAME}: the rule is no policy: {error}"),
            Ok(rule) => {
                let policy = CompactionPolicy {
                    min_age_days: rule.min_age_days,
                    target_phases: rule.target_phases.into_owned(),
                    include_deleted: rule.include_deleted,
                    dry_run: false,
                    max_snapshot_bytes: rule.max_snapshot_bytes,
                };
                Ok(Some((policy, rule.now_micros)))
            }
        }
    }
}

/// `lattice_compact(payload, redactions, bytes, rule)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Compact {
    signature: Signature,
}

impl Default for Compact {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

/// The fields of the result, with payloads of the type given.
pub(crate) fn compact_outcome(payload: DataType) -> Fields {
    Fields::from(vec![
        Field::new("outcome", DataType::Utf8, false),
        Field::new("snapshot_id", DataType::FixedSizeBinary(32), true),
        Field::new("snapshot", payload, true),
        Field::new("compacted_from", DataType::UInt64, true),
    ])
}

impl ScalarUDFImpl for Compact {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let takes = [Kind::Bytes, Kind::List, Kind::Count, Kind::Text];
        coerced(NAME, &takes, arguments)
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let payload = output_type(arguments.first());
        Ok(DataType::Struct(compact_outcome(payload)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let call = Call::new(NAME, &args);
        let payload_column = call.column(0)?;
        let payloads = Bytes::of(&payload_column)?;
        let mut redactions = call.redactions(1)?;
        let bytes = call.column(2)?;
        let bytes: &UInt64Array = bytes.as_primitive::<UInt64Type>();
        let rule = Rule::read(call.constant(3))?;
        let payload_type = output_type(Some(payload_column.data_type()));
        let mut results = Results::new(&payload_type, call.rows);
        for row in 0..call.rows {
            let Some(payload) = call.payload(&payloads, row)? else {
                let fault = Fault::Null {
                    argument: "payload",
                };
                return Err(fault.at(NAME, row).into());
            };
            let item = Item {
                redactions: redactions.at(row)?,
                bytes: bytes.is_valid(row).then(|| bytes.value(row)),
                rule: rule.as_ref(),
            };
            let outcome = item
                .consider(payload)
                .map_err(|fault| fault.at(NAME, row))?;
            results.push(outcome)?;
        }
        call.give(results.finish(payload_type)?)
    }
}

/// What is asked about one item beside its state.
struct Item<'a> {
    redactions: &'a Set<EventHash>,
    bytes: Option<u64>,
    rule: Option<&'a (CompactionPolicy, u64)>,
}

/// What becomes of an item: its snapshot and how many events it stands for, or why there is none.
type Outcome = Result<(Vec<u8>, usize), SkipReason>;

impl Item<'_> {
    fn consider(&self, payload: Payload) -> Result<Outcome, Fault> {
        // An item knows the redactions that stand in it: one that is not among all of them means that some
        // were not collected.
        if !payload.redacted().leq(self.redactions) {
            return Err(Fault::RedactionUnknown);
        }
        Ok(match payload.masked(self.redactions) {
            Payload::Wall(payload) => self.outcome(payload.item_id(), payload.state()),
            Payload::Itc(payload) => self.outcome(payload.item_id(), payload.state()),
        })
    }

    /// As `bones_compact::compact_items` decides, for an item of which the events are held.
    fn outcome<S: Order>(&self, item_id: &str, state: &ItemState<S>) -> Outcome {
        if let Some((policy, now_micros)) = self.rule {
            match eligibility(state, policy, *now_micros) {
                Eligibility::Eligible => {}
                Eligibility::Deleted => return Err(SkipReason::Deleted),
                Eligibility::Phase => return Err(SkipReason::Phase),
                // SUBTLE: whatever reason a later version adds, the item is not eligible.
                _ => return Err(SkipReason::TooYoung),
            }
        }
        let snapshot = CompactState::encode(state, item_id);
        let is_too_large = |(policy, _): &(CompactionPolicy, u64)| {
            snapshot.len() as u64 > policy.max_snapshot_bytes
        };
        if self.rule.is_some_and(is_too_large) {
            return Err(SkipReason::TooLarge);
        }
        // A snapshot that takes text away is made at any size.
        let redacts = !state.coverage().intersection(self.redactions).is_empty();
        let grows = self
            .bytes
            .is_some_and(|bytes| snapshot.len() as u64 > bytes);
        if grows && !redacts {
            return Err(SkipReason::WouldGrow);
        }
        Ok((snapshot, state.coverage().len()))
    }
}

/// Builds the column of results.
struct Results {
    outcome: StringBuilder,
    id: FixedSizeBinaryBuilder,
    snapshot: BytesBuilder,
    compacted_from: UInt64Builder,
}

impl Results {
    fn new(payload: &DataType, rows: usize) -> Self {
        Self {
            outcome: StringBuilder::with_capacity(rows, 0),
            id: FixedSizeBinaryBuilder::with_capacity(rows, 32),
            snapshot: BytesBuilder::new(payload, rows),
            compacted_from: UInt64Builder::with_capacity(rows),
        }
    }

    fn push(&mut self, outcome: Outcome) -> Result<()> {
        match outcome {
            Ok((snapshot, compacted_from)) => {
                self.outcome.append_value(COMPACTED);
                self.id.append_value(SnapshotId::of(&snapshot).0)?;
                self.snapshot.push(NAME, Some(&snapshot))?;
                self.compacted_from.append_value(compacted_from as u64);
            }
            Err(reason) => {
                self.outcome.append_value(reason.as_str());
                self.id.append_null();
                self.snapshot.push(NAME, None)?;
                self.compacted_from.append_null();
            }
        }
        Ok(())
    }

    fn finish(mut self, payload: DataType) -> Result<ArrayRef> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.outcome.finish()),
            Arc::new(self.id.finish()),
            self.snapshot.finish(),
            Arc::new(self.compacted_from.finish()),
        ];
        let fields = compact_outcome(payload);
        Ok(Arc::new(StructArray::try_new(fields, columns, None)?))
    }
}
