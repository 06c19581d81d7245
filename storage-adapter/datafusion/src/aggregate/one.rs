//! One value: an aggregate without `GROUP BY`, and over window frames.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::{Fold, Rows};
use crate::column::Bytes;

#[derive(Debug)]
pub(super) struct One<F> {
    value: F,
    data_type: DataType,
}

impl<F: Fold> One<F> {
    pub(super) fn new(data_type: &DataType) -> Self {
        Self {
            value: F::default(),
            data_type: data_type.clone(),
        }
    }
}

impl<F: Fold> Accumulator for One<F> {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let rows = Rows::of(columns)?;
        for row in 0..rows.len {
            if let Some(arguments) = rows.get(row) {
                let updated = self.value.update(arguments);
                updated.map_err(|fault| fault.at(F::NAME, row))?;
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for column in states {
            let states = Bytes::of(column)?;
            for row in 0..column.len() {
                if let Some(state) = states.get(row) {
                    let merged = self.value.merge(state);
                    merged.map_err(|fault| fault.at(F::NAME, row))?;
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let column = F::results(std::slice::from_mut(&mut self.value), &self.data_type)?;
        ScalarValue::try_from_array(&column, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::LargeBinary(self.value.state())])
    }

    fn size(&self) -> usize {
        size_of::<Self>().saturating_add(self.value.heap())
    }
}
