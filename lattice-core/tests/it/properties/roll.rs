//! No instance is forgotten: for every impl of `JoinSemilattice` in the sources there is a test file that
//! gives the type to `semilattice_laws!`, and one that looks at a small universe of it in full.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The text of every Rust file below `folder` of this crate.
fn texts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder of this crate");
    let texts = entries.flat_map(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            texts(&path)
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            vec![fs::read_to_string(&path).expect("text")]
        } else {
            vec![]
        }
    });
    texts.collect()
}

/// The heads of the types that the sources implement the trait for: `Map` of `Map<K, V>`.
fn instances(sources: &[String]) -> BTreeSet<&str> {
    let lines = sources.iter().flat_map(|source| source.lines());
    // Impls start a line; examples in documentation do not.
    let impls = lines.filter(|line| line.trim_start().starts_with("impl"));
    let types = impls.filter_map(|line| line.split_once("JoinSemilattice for "));
    types
        .map(|(_, name)| match name.split(['<', ' ']).next() {
            Some("()") => "unit",
            Some("($($name,)+)") => "tuple",
            Some(head) => head,
            None => name,
        })
        .collect()
}

fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric();
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[test]
fn every_instance_is_run_through_the_kit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (sources, tests) = (texts(&root.join("src")), texts(&root.join("tests")));
    let instances = instances(&sources);
    assert!(instances.len() > 20, "{instances:?}");
    for kit in ["semilattice_laws!(", "laws::check_exhaustive("] {
        let files = tests.iter().filter(|text| text.contains(kit));
        let untested: Vec<_> = instances
            .iter()
            .filter(|name| !files.clone().any(|text| mentions(text, name)))
            .collect();
        assert!(untested.is_empty(), "not given to `{kit}..)`: {untested:?}");
    }
}
