//! Every item of every real log.

use interop::logs;

use crate::support::Compared;

#[test]
fn visible_state_of_every_item_equals_canonical_replay() {
    let Some(folders) = logs::real() else { return };
    for folder in folders {
        let lines = logs::lines(&folder).unwrap();
        let compared = Compared::new(lines.iter().map(String::as_str));
        assert_eq!(compared.refused_by_peer, 0, "{}", folder.display());
        let differences = compared.differences();
        assert!(
            differences.is_empty(),
            "{}: {differences:#?}",
            folder.display()
        );
        assert!(compared.events > 2_000 && compared.ours.len() > 300);
        eprintln!(
            "{}: {} items of {} events equal",
            folder.display(),
            compared.ours.len(),
            compared.events
        );
    }
}

/// The order of lines is nothing to our side, so it may not matter for the comparison either.
#[test]
fn reversed_lines_give_the_same_items() {
    let Some(folders) = logs::real() else { return };
    for folder in folders {
        let lines = logs::lines(&folder).unwrap();
        let compared = Compared::new(lines.iter().rev().map(String::as_str));
        assert_eq!(
            compared.differences(),
            Vec::<String>::new(),
            "{}",
            folder.display()
        );
    }
}
