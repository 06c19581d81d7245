//! Interval tree clocks as what they mean: a number for every point of a line, compared point by
//! point. Shares no code with the comparison of the library.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Value, json};

/// An event tree: one number over the whole of its part of the line, or more of it in each half.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    /// The same everywhere.
    Leaf(u64),
    /// This much everywhere, and more in the halves.
    Branch(u64, Box<(Tree, Tree)>),
}

impl Tree {
    /// Reads the form in which stamps are shown: `2`, or `(1, 0, (0, 3, 0))`.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let mut chars = text.chars().peekable();
        let tree = Self::read(&mut chars)?;
        chars.next().is_none().then_some(tree)
    }

    fn read(chars: &mut Peekable<Chars<'_>>) -> Option<Self> {
        if chars.next_if_eq(&'(').is_none() {
            return number(chars).map(Self::Leaf);
        }
        let base = number(chars)?;
        let left = comma(chars).and_then(|()| Self::read(chars))?;
        let right = comma(chars).and_then(|()| Self::read(chars))?;
        chars.next_if_eq(&')')?;
        Some(Self::Branch(base, Box::new((left, right))))
    }

    /// The tree as bones 0.25 writes it into the registers of its snapshots.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Leaf(n) => json!({"Leaf": n}),
            Self::Branch(n, halves) => json!({"Branch": [n, halves.0.json(), halves.1.json()]}),
        }
    }

    /// Whether the number is nowhere greater than the other's.
    pub(crate) fn leq(&self, other: &Self) -> bool {
        leq(self, 0, other, 0)
    }

    /// The halves of a tree that stands on `below`, each with what it stands on.
    fn halves(&self, below: u64) -> ((&Self, u64), (&Self, u64)) {
        const FLAT: &Tree = &Tree::Leaf(0);
        match self {
            Self::Leaf(n) => ((FLAT, below + n), (FLAT, below + n)),
            Self::Branch(n, halves) => ((&halves.0, below + n), (&halves.1, below + n)),
        }
    }
}

fn leq(a: &Tree, under_a: u64, b: &Tree, under_b: u64) -> bool {
    if let (Tree::Leaf(x), Tree::Leaf(y)) = (a, b) {
        return under_a + x <= under_b + y;
    }
    let (a, b) = (a.halves(under_a), b.halves(under_b));
    leq(a.0.0, a.0.1, b.0.0, b.0.1) && leq(a.1.0, a.1.1, b.1.0, b.1.1)
}

fn number(chars: &mut Peekable<Chars<'_>>) -> Option<u64> {
    let mut digits = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    digits.parse().ok()
}

fn comma(chars: &mut Peekable<Chars<'_>>) -> Option<()> {
    (chars.next_if_eq(&',').is_some() && chars.next_if_eq(&' ').is_some()).then_some(())
}
