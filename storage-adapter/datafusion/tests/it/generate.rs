//! Made-up logs.

use std::fs;
use std::num::NonZeroUsize;

use lattice_datafusion::generate::{Generate, lines, parquet};

#[test]
fn equal_seeds_give_equal_files_on_any_number_of_threads() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut what = Generate::new(5_000, 100);
    let first = parquet(one.path(), &what).unwrap();
    what.threads = NonZeroUsize::new(3).unwrap();
    let second = parquet(two.path(), &what).unwrap();
    assert_eq!(first.files.len(), 4);
    for (a, b) in first.files.iter().zip(&second.files) {
        assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap());
    }
    what.seed = 2;
    let third = parquet(two.path(), &what).unwrap();
    assert_ne!(
        fs::read(&first.files[0]).unwrap(),
        fs::read(&third.files[0]).unwrap()
    );
}

#[test]
fn a_log_has_every_item_and_redactions_across_items() {
    let what = Generate::new(20_000, 500);
    let mut items = std::collections::BTreeSet::new();
    let mut redactions = 0;
    for line in lines(&what) {
        let event = bones_snapshot::parse_line(line.as_bytes())
            .unwrap()
            .unwrap();
        items.insert(event.item_id);
        redactions += usize::from(matches!(event.data, bones_snapshot::EventData::Redact(_)));
    }
    assert_eq!(items.len(), 500);
    assert_eq!(redactions, 10);
}
