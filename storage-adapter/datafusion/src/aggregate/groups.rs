//! Many values: an aggregate with `GROUP BY`.

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::function::STATE;
use super::{Fold, Rows};
use crate::column::{Bytes, BytesBuilder};
use crate::error::Fault;

/// The values of all groups, by their index.
#[derive(Debug)]
pub(super) struct Groups<F> {
    values: Vec<F>,
    data_type: DataType,
    /// What the values hold on the heap.
    // INVARIANT: the sum of `heap` of all values.
    heap: usize,
}

impl<F: Fold> Groups<F> {
    pub(super) fn new(data_type: &DataType) -> Self {
        Self {
            values: Vec::new(),
            data_type: data_type.clone(),
            heap: 0,
        }
    }

    /// Changes the value of the group that a row belongs to.
    fn change(
        &mut self,
        groups: &[usize],
        row: usize,
        change: impl FnOnce(&mut F) -> Result<(), Fault>,
    ) -> Result<()> {
        let group = groups
            .get(row)
            .and_then(|group| self.values.get_mut(*group));
        let value = group.ok_or_else(|| internal_datafusion_err!("row {row} has no group"))?;
        let before = value.heap();
        let changed = change(value);
        let after = value.heap();
        self.heap = self.heap.saturating_sub(before).saturating_add(after);
        changed.map_err(|fault| fault.at(F::NAME, row))?;
        Ok(())
    }

    /// Takes the groups to emit out; those that stay move to the front.
    fn take(&mut self, emit_to: EmitTo) -> Vec<F> {
        let taken = emit_to.take_needed(&mut self.values);
        let heap: usize = taken.iter().map(Fold::heap).sum();
        self.heap = self.heap.saturating_sub(heap);
        taken
    }
}

impl<F: Fold> GroupsAccumulator for Groups<F> {
    fn update_batch(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.values.resize_with(total_num_groups, F::default);
        let rows = Rows::of(columns)?;
        for row in (0..rows.len).filter(|row| passes(filter, *row)) {
            if let Some(arguments) = rows.get(row) {
                self.change(groups, row, |value| value.update(arguments))?;
            }
        }
        Ok(())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.values.resize_with(total_num_groups, F::default);
        for column in states {
            let states = Bytes::of(column)?;
            for row in 0..column.len() {
                if let Some(state) = states.get(row) {
                    self.change(groups, row, |value| value.merge(state))?;
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut values = self.take(emit_to);
        Ok(F::results(&mut values, &self.data_type)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let values = self.take(emit_to);
        let mut column = BytesBuilder::new(&STATE, values.len());
        // One by one, so that no value is held both decoded and encoded for longer than it takes.
        for mut value in values {
            column.push(F::NAME, value.state().as_deref())?;
        }
        Ok(vec![column.finish()])
    }

    fn convert_to_state(
        &self,
        columns: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = Rows::of(columns)?;
        let mut column = BytesBuilder::new(&STATE, rows.len);
        for row in 0..rows.len {
            let arguments = rows.get(row).filter(|_| passes(filter, row));
            let state = arguments
                .map(F::state_of)
                .transpose()
                .map_err(|fault| fault.at(F::NAME, row))?;
            column.push(F::NAME, state.as_deref())?;
        }
        Ok(vec![column.finish()])
    }

    fn size(&self) -> usize {
        let inline = self.values.capacity().saturating_mul(size_of::<F>());
        inline.saturating_add(self.heap)
    }
}

/// True iff the filter lets a row pass: null is no.
fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}
