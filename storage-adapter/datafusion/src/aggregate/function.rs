//! What the engine asks about an aggregate.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, Signature,
    Volatility,
};

use super::Fold;
use super::groups::Groups;
use super::one::One;

/// The type of partial states: no limit of 2 GiB for a batch of them.
pub(super) const STATE: DataType = DataType::LargeBinary;

/// An aggregate by its lattice.
pub(super) struct LatticeFunction<F> {
    signature: Signature,
    lattice: PhantomData<fn() -> F>,
}

impl<F: Fold> LatticeFunction<F> {
    pub(super) fn udaf() -> AggregateUDF {
        AggregateUDF::new_from_impl(Self {
            signature: Signature::user_defined(Volatility::Immutable),
            lattice: PhantomData,
        })
    }
}

impl<F: Fold> AggregateUDFImpl for LatticeFunction<F> {
    fn name(&self) -> &str {
        F::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let mut types = arguments.to_vec();
        for data_type in &mut types {
            // A literal NULL, and whole numbers as SQL writes them.
            match data_type {
                DataType::Null => *data_type = DataType::Binary,
                DataType::Int64 => *data_type = DataType::UInt64,
                _ => {}
            }
        }
        if F::accepts(&types) {
            return Ok(types);
        }
        let found: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        plan_err!(
            "{} takes {}, found ({})",
            F::NAME,
            F::TAKES,
            found.join(", ")
        )
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(F::returns(arguments))
    }

    fn is_nullable(&self) -> bool {
        F::default().state().is_none()
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        let column = F::results(&mut [F::default()], data_type)?;
        ScalarValue::try_from_array(&column, 0)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[join]", args.name);
        Ok(vec![Arc::new(Field::new(name, STATE, true))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(One::<F>::new(args.return_type())))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::<F>::new(args.return_type())))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

// Two aggregates of one lattice are the same.
impl<F: Fold> PartialEq for LatticeFunction<F> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<F: Fold> Eq for LatticeFunction<F> {}

impl<F: Fold> Hash for LatticeFunction<F> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        F::NAME.hash(state);
    }
}

impl<F: Fold> fmt::Debug for LatticeFunction<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(F::NAME)
    }
}
