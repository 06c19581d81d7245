//! The contract of grouped accumulators, called as the engine calls them.

use std::sync::Arc;

use bones_snapshot::{Stamped, parse_line, write_line};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, BooleanArray, LargeBinaryArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use datafusion::physical_expr::expressions::Column;
use lattice_core::JoinSemilattice;
use lattice_datafusion::{Fault, PayloadError, lattice_join};
use lattice_lww::Unstamped;

fn delta(item: &str, at: i64) -> Vec<u8> {
    let data = format!(r#"{{"body":"comment {at}"}}"#);
    let line = write_line(at, "alice", "-", &[], "item.comment", item, &data);
    let event = parse_line(line.as_bytes()).unwrap().unwrap();
    let event = Stamped::<Unstamped>::new(event).unwrap();
    event.delta().encode(item)
}

fn joined(item: &str, deltas: &[Vec<u8>]) -> Vec<u8> {
    let decode = |bytes: &Vec<u8>| {
        bones_snapshot::SnapshotPayload::<Unstamped>::decode(bytes)
            .unwrap()
            .into_parts()
            .1
    };
    let mut state = decode(&deltas[0]);
    for delta in &deltas[1..] {
        state.join(decode(delta));
    }
    state.encode(item)
}

/// Calls `f` with what the engine makes accumulators from.
fn with_args<T>(data_type: &DataType, f: impl FnOnce(AccumulatorArgs<'_>) -> T) -> T {
    let field = Arc::new(Field::new("delta", data_type.clone(), true));
    let schema = Schema::new(vec![Arc::clone(&field)]);
    let returned = lattice_join()
        .return_type(std::slice::from_ref(data_type))
        .unwrap();
    f(AccumulatorArgs {
        return_field: Arc::new(Field::new("joined", returned, true)),
        schema: &schema,
        ignore_nulls: false,
        order_bys: &[],
        is_reversed: false,
        name: "joined",
        is_distinct: false,
        exprs: &[Arc::new(Column::new("delta", 0))],
        expr_fields: &[field],
    })
}

fn groups(data_type: &DataType) -> Box<dyn GroupsAccumulator> {
    with_args(data_type, |args| {
        lattice_join().create_groups_accumulator(args).unwrap()
    })
}

fn one(data_type: &DataType) -> Box<dyn Accumulator> {
    with_args(data_type, |args| lattice_join().accumulator(args).unwrap())
}

fn column(values: &[Option<&[u8]>]) -> Vec<ArrayRef> {
    vec![Arc::new(values.iter().copied().collect::<BinaryArray>())]
}

#[test]
fn emitting_the_first_groups_moves_the_others_to_the_front() {
    let all: Vec<Vec<u8>> = (0..6).map(|n| delta(&format!("bn-{}", n / 2), n)).collect();
    let rows: Vec<Option<&[u8]>> = all.iter().map(|d| Some(d.as_slice())).collect();
    let mut groups = groups(&DataType::Binary);
    groups
        .update_batch(&column(&rows), &[0, 0, 1, 1, 2, 2], None, 4)
        .unwrap();
    let before = groups.size();

    let first = groups.evaluate(EmitTo::First(2)).unwrap();
    let first = first.as_binary::<i32>();
    assert_eq!(first.len(), 2);
    assert_eq!(first.value(0), joined("bn-0", &all[0..2]));
    assert_eq!(first.value(1), joined("bn-1", &all[2..4]));
    assert!(groups.size() < before, "what was emitted is still counted");

    // Group 2 is group 0 now, and the one without a payload group 1.
    let late = delta("bn-2", 9);
    groups
        .update_batch(&column(&[Some(&late)]), &[0], None, 2)
        .unwrap();
    let state = groups.state(EmitTo::All).unwrap();
    let state = state[0].as_binary::<i64>();
    let expected = joined("bn-2", &[all[4].clone(), all[5].clone(), late]);
    assert_eq!(state.value(0), expected);
    assert!(state.is_null(1));
    assert_eq!(groups.evaluate(EmitTo::All).unwrap().len(), 0);
}

#[test]
fn nulls_and_filtered_rows_are_left_out() {
    let (a, b, c) = (delta("bn-1", 1), delta("bn-1", 2), delta("bn-1", 3));
    let rows = column(&[Some(&a), None, Some(&b), Some(&c)]);
    let filter = BooleanArray::from(vec![Some(true), Some(true), Some(false), None]);
    let mut groups = groups(&DataType::Binary);
    groups
        .update_batch(&rows, &[0, 0, 0, 1], Some(&filter), 2)
        .unwrap();
    let result = groups.evaluate(EmitTo::All).unwrap();
    let result = result.as_binary::<i32>();
    assert_eq!(result.value(0), a);
    assert!(result.is_null(1), "a group of nothing is null");
}

#[test]
fn rows_passed_on_as_states_merge_to_the_same() {
    let all: Vec<Vec<u8>> = (0..4).map(|n| delta("bn-1", n)).collect();
    let rows = column(&[
        Some(&all[0]),
        None,
        Some(&all[1]),
        Some(&all[2]),
        Some(&all[3]),
    ]);
    let filter = BooleanArray::from(vec![Some(true), Some(true), Some(true), Some(false), None]);
    let mut groups = groups(&DataType::Binary);
    let states = groups.convert_to_state(&rows, Some(&filter)).unwrap();
    let nulls: Vec<bool> = (0..5).map(|row| states[0].is_null(row)).collect();
    assert_eq!(nulls, [false, true, false, true, true]);
    groups.merge_batch(&states, &[0; 5], 1).unwrap();
    let result = groups.evaluate(EmitTo::All).unwrap();
    assert_eq!(
        result.as_binary::<i32>().value(0),
        joined("bn-1", &all[0..2])
    );
}

#[test]
fn bytes_passed_on_unread_are_refused_where_they_are_merged() {
    let mut groups = groups(&DataType::Binary);
    let states = groups
        .convert_to_state(&column(&[None, Some(b"junk")]), None)
        .unwrap();
    let error = groups.merge_batch(&states, &[0, 0], 1).unwrap_err();
    let error = PayloadError::of(&error).unwrap();
    assert_eq!((error.function, error.row), ("lattice_join", 1));
    assert!(matches!(error.why, Fault::Payload(_)));
}

/// The engine decides by `size` when to spill.
#[test]
fn size_grows_with_what_is_held_and_not_with_repetition() {
    let mut groups = groups(&DataType::Binary);
    let empty = groups.size();
    let all: Vec<Vec<u8>> = (0..200).map(|n| delta("bn-1", n)).collect();
    let bytes: usize = all.iter().map(Vec::len).sum();
    let rows: Vec<Option<&[u8]>> = all.iter().map(|d| Some(d.as_slice())).collect();
    groups
        .update_batch(&column(&rows), &[0; 200], None, 1)
        .unwrap();
    let full = groups.size();
    assert!(full - empty > bytes, "{full} bytes for {bytes} of deltas");
    for row in rows.iter().take(50) {
        groups
            .update_batch(&column(&[*row]), &[0], None, 1)
            .unwrap();
    }
    let again = groups.size();
    assert!(again < full * 2, "{again} after {full}");
    groups.evaluate(EmitTo::All).unwrap();
    assert!(
        groups.size() < bytes / 4,
        "{} bytes of nothing",
        groups.size()
    );
}

#[test]
fn one_value_can_be_asked_for_again_and_again() {
    let (a, b) = (delta("bn-1", 1), delta("bn-1", 2));
    let mut one = one(&DataType::Binary);
    assert!(one.evaluate().unwrap().is_null());
    one.update_batch(&column(&[Some(&a), None])).unwrap();
    let first = one.evaluate().unwrap();
    assert_eq!(first, one.evaluate().unwrap());
    let state = one.state().unwrap();
    one.update_batch(&column(&[Some(&b)])).unwrap();
    one.merge_batch(&[state[0].to_array().unwrap()]).unwrap();
    let last = one.evaluate().unwrap().to_array().unwrap();
    assert_eq!(last.as_binary::<i32>().value(0), joined("bn-1", &[a, b]));
    assert!(one.size() > 1000);
}

#[test]
fn every_layout_of_bytes_is_read() {
    let (a, b) = (delta("bn-1", 1), delta("bn-1", 2));
    let expected = joined("bn-1", &[a.clone(), b.clone()]);
    let values = [Some(a.as_slice()), None, Some(b.as_slice())];
    let columns: [ArrayRef; 3] = [
        Arc::new(values.into_iter().collect::<BinaryArray>()),
        Arc::new(values.into_iter().collect::<LargeBinaryArray>()),
        Arc::new(values.into_iter().collect::<BinaryViewArray>()),
    ];
    for column in columns {
        let mut groups = groups(column.data_type());
        groups
            .update_batch(&[Arc::clone(&column)], &[0; 3], None, 1)
            .unwrap();
        let result = groups.evaluate(EmitTo::All).unwrap();
        match column.data_type() {
            DataType::LargeBinary => assert_eq!(result.as_binary::<i64>().value(0), expected),
            _ => assert_eq!(result.as_binary::<i32>().value(0), expected),
        }
    }
}

/// More than the states that are joined one by one, in every order of arrival.
#[test]
fn many_events_in_any_order_join_to_the_same() {
    let mut all: Vec<Vec<u8>> = (0..700).map(|n| delta("bn-1", n)).collect();
    let expected = joined("bn-1", &all);
    let snapshot = joined("bn-1", &all[100..400]);
    for turn in 0..3 {
        match turn {
            1 => all.reverse(),
            2 => all.sort(),
            _ => {}
        }
        let mut groups = groups(&DataType::Binary);
        for (n, some) in all.chunks(13).enumerate() {
            let mut rows: Vec<Option<&[u8]>> = some.iter().map(|d| Some(d.as_slice())).collect();
            if n % 9 == 0 {
                rows.push(Some(&snapshot));
            }
            groups
                .update_batch(&column(&rows), &vec![0; rows.len()], None, 1)
                .unwrap();
        }
        let result = groups.evaluate(EmitTo::All).unwrap();
        assert_eq!(result.as_binary::<i32>().value(0), expected);
    }
}
