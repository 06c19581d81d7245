//! Sets and links that are not in normal form, or not told in the one way.

use bones_snapshot::{Element, Link, Text};

use super::{Case, field};
use crate::pack::{Bytes, Parts, array, bin, nil, numbers, text, uint};

/// A field in place of the title, over three keys of which 1 is before 2.
fn field3(number: u64, value: Bytes) -> Bytes {
    Parts::with_three_keys(number, value).bytes()
}

fn id(element: &str) -> Bytes {
    bin(&Text::from(element).id().0)
}

fn target(target: &str) -> Bytes {
    bin(&Link::target_id(target).0)
}

/// Two texts in the order of their ids, the smaller first.
fn by_id() -> [&'static str; 2] {
    let mut texts = ["x", "y"];
    texts.sort_by_key(|t| Text::from(*t).id());
    texts
}

/// Two link targets in the order of their ids.
fn by_target_id() -> [&'static str; 2] {
    let mut targets = ["bn-2", "bn-3"];
    targets.sort_by_key(|t| Link::target_id(t));
    targets
}

pub(super) fn sets() -> Vec<Case> {
    let labels = |parts: &[Bytes]| field(10, array(parts));
    let labels3 = |parts: &[Bytes]| field3(10, array(parts));
    let add = |element: Bytes, keys: &[u64]| {
        let keys = keys.iter().map(|key| uint(*key));
        array(&[element].into_iter().chain(keys).collect::<Vec<_>>())
    };
    let none = array(&[]);
    let [first, second] = by_id();
    vec![
        (
            labels(&[]),
            "offset 99: length of a set is 0, expected at least 1",
        ),
        (
            labels(&[none.clone(), none.clone(), none.clone(), numbers(&[1])]),
            "offset 99: length of a set is 4, expected 1 to 3",
        ),
        (
            labels(std::slice::from_ref(&none)),
            "offset 100: set not in normal form",
        ),
        (
            labels(&[array(&[add(text("x"), &[1])]), none.clone()]),
            "offset 105: set not in normal form",
        ),
        (
            labels(&[none.clone(), none.clone(), none.clone()]),
            "offset 102: set not in normal form",
        ),
        (
            labels(&[array(&[add(text(second), &[1]), add(text(first), &[1])])]),
            "offset 108: elements not strictly increasing",
        ),
        (
            labels(&[array(&[add(text("x"), &[])])]),
            "offset 103: a cell and the list of redactions disagree",
        ),
        (
            labels(&[array(&[add(id("x"), &[])])]),
            "offset 135: set not in normal form",
        ),
        (
            labels(&[array(&[add(id("x"), &[1])])]),
            "offset 136: a cell and the list of redactions disagree",
        ),
        (
            labels(&[array(&[array(&[text("x"), numbers(&[1])])])]),
            "offset 105: a cell and the list of redactions disagree",
        ),
        (
            labels(&[array(&[array(&[id("x"), numbers(&[1, 1])])])]),
            "offset 136: length of a redacted add is 2, expected 1",
        ),
        (
            labels(&[array(&[array(&[bin(&[7; 31]), numbers(&[1])])])]),
            "offset 101: length of an element id is 31, expected 32 bytes",
        ),
        (
            labels(&[array(&[array(&[])])]),
            "offset 101: length of the adds of an element is 0, expected at least 1",
        ),
        (
            labels3(&[array(&[add(text("x"), &[1, 2])])]),
            "offset 141: writes not in normal form",
        ),
        // An add at 7 under a remove at 9.
        (
            labels3(&[array(&[add(text("x"), &[1])]), array(&[add(id("x"), &[2])])]),
            "offset 177: set not in normal form",
        ),
        // An add at 7 under a clear at 9.
        (
            labels3(&[array(&[add(text("x"), &[1])]), none.clone(), numbers(&[2])]),
            "offset 143: set not in normal form",
        ),
        // A remove at 7 under a clear at 9.
        (
            labels3(&[none.clone(), array(&[add(id("x"), &[1])]), numbers(&[2])]),
            "offset 175: set not in normal form",
        ),
        (
            labels(&[none.clone(), array(&[add(id("x"), &[])])]),
            "offset 136: set not in normal form",
        ),
        (
            labels(&[
                none.clone(),
                array(&[add(id(second), &[1]), add(id(first), &[1])]),
            ]),
            "offset 173: elements not strictly increasing",
        ),
    ]
}

pub(super) fn links() -> Vec<Case> {
    let links = |sets: &[Bytes]| field(11, array(sets));
    let link = |target: &str| {
        let link = array(&[text(target), text("blocks")]);
        array(&[array(&[link, uint(1)])])
    };
    let [first, second] = by_target_id();
    vec![
        (
            links(&[]),
            "offset 99: length of the links is 0, expected at least 1",
        ),
        (
            links(&[array(&[])]),
            "offset 100: length of the links to a target is 0, expected at least 1",
        ),
        (
            links(&[array(&[nil()])]),
            "offset 101: length of a set is 0, expected 1 to 3",
        ),
        // Told, though the link tells it.
        (
            links(&[array(&[target("bn-2"), link("bn-2")])]),
            "offset 150: target of links not in normal form",
        ),
        // Not told, though nothing else does.
        (
            links(&[array(&[nil(), array(&[]), array(&[]), numbers(&[1])])]),
            "offset 105: target of links not in normal form",
        ),
        // Two targets in one set, in the order of their ids.
        (
            links(&[array(&[nil(), {
                let mut both = ["bn-2", "bn-3"].map(|target| {
                    let link = Link {
                        target: target.into(),
                        link_type: "blocks".into(),
                    };
                    let bytes = array(&[text(target), text("blocks")]);
                    (link.id(), array(&[bytes, uint(1)]))
                });
                both.sort();
                array(&both.map(|(_, add)| add))
            }])]),
            "offset 132: target of links not in normal form",
        ),
        (
            links(&[array(&[nil(), link(second)]), array(&[nil(), link(first)])]),
            "offset 135: link targets not strictly increasing",
        ),
        (
            links(&[array(&[
                nil(),
                array(&[array(&[array(&[text("bn-2")]), uint(1)])]),
            ])]),
            "offset 104: length of a link is 1, expected 2",
        ),
    ]
}
