//! Putting events into an order that their stamps allow.

use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};

use lattice_lww::Stamp;

/// The places of stamps in their linear extension: of those that no remaining stamp precedes, the one
/// that stands first comes next.
///
/// The stamps are split into chains first, each stamp of which precedes or equals the next. Only the
/// heads of chains have to be compared then: whatever precedes a stamp from within a chain, the head
/// of that chain precedes it too. So n stamps in w chains take O(n·w) comparisons, and O(n log n) more
/// where stamps stand against their order. There are about as many chains as agents that wrote at
/// the same time. Stamps none of which precedes another take O(n²); no way around that is known for
/// partial orders in general.
pub(crate) fn linear_extension<S: Stamp>(stamps: &[&S]) -> Vec<usize> {
    let mut heads = Heads::new(stamps, chains(stamps));
    let mut order = Vec::with_capacity(stamps.len());
    while let Some(place) = heads.next() {
        order.push(place);
    }
    order
}

/// Places in chains, each stamp of which precedes or equals the next; of equal ones the first stands
/// first.
fn chains<S: Stamp>(stamps: &[&S]) -> Vec<VecDeque<usize>> {
    let mut chains: Vec<VecDeque<usize>> = Vec::new();
    for (place, stamp) in stamps.iter().enumerate() {
        let relation = |held: &usize| {
            let held = stamps.get(*held)?;
            held.causal_cmp(stamp)
        };
        let below = |held: &usize| matches!(relation(held), Some(Ordering::Less | Ordering::Equal));
        let fits = |chain: &VecDeque<usize>| match relation(chain.back()?)? {
            Ordering::Less | Ordering::Equal => Some(chain.len()),
            Ordering::Greater if chain.front().and_then(relation) == Some(Ordering::Greater) => {
                Some(0)
            }
            Ordering::Greater => {
                // What is below stands before what is not.
                let at = chain.partition_point(below);
                let above = chain.get(at).and_then(relation) == Some(Ordering::Greater);
                above.then_some(at)
            }
        };
        let found = chains.iter_mut().find_map(|chain| {
            let at = fits(chain)?;
            Some((chain, at))
        });
        match found {
            Some((chain, at)) => chain.insert(at, place),
            None => chains.push(VecDeque::from([place])),
        }
    }
    chains
}

/// What is left of the chains.
struct Heads<'a, S> {
    stamps: &'a [&'a S],
    chains: Vec<VecDeque<usize>>,
    /// By chain, how many chains its head was compared with and need not be compared with again: what
    /// does not precede it now never will, for the heads of a chain only grow.
    passed: Vec<usize>,
    /// By chain, the chains whose head waits for the head of this one.
    waiting: Vec<Vec<usize>>,
    /// The heads that wait for none, each with its chain.
    ready: BTreeSet<(usize, usize)>,
}

impl<'a, S: Stamp> Heads<'a, S> {
    fn new(stamps: &'a [&'a S], chains: Vec<VecDeque<usize>>) -> Self {
        let count = chains.len();
        let mut heads = Self {
            stamps,
            chains,
            passed: vec![0; count],
            waiting: vec![Vec::new(); count],
            ready: BTreeSet::new(),
        };
        for chain in 0..count {
            heads.settle(chain);
        }
        heads
    }

    fn head(&self, chain: usize) -> Option<usize> {
        self.chains.get(chain)?.front().copied()
    }

    fn precedes(&self, chain: usize, place: usize) -> bool {
        let head = self.head(chain).and_then(|head| self.stamps.get(head));
        let stamp = self.stamps.get(place);
        head.zip(stamp).is_some_and(|(a, b)| a.precedes(b))
    }

    /// Finds a head that the head of this chain has to wait for, or that there is none.
    fn settle(&mut self, chain: usize) {
        let Some(head) = self.head(chain) else {
            return;
        };
        let mut passed = self.passed.get(chain).copied().unwrap_or_default();
        while passed < self.chains.len() {
            if passed != chain && self.precedes(passed, head) {
                break;
            }
            passed = passed.saturating_add(1);
        }
        if let Some(slot) = self.passed.get_mut(chain) {
            *slot = passed;
        }
        match self.waiting.get_mut(passed) {
            Some(waiting) => waiting.push(chain),
            None => _ = self.ready.insert((head, chain)),
        }
    }

    fn next(&mut self) -> Option<usize> {
        let (place, chain) = self.ready.pop_first()?;
        self.chains.get_mut(chain)?.pop_front();
        *self.passed.get_mut(chain)? = 0;
        self.settle(chain);
        let waiting = std::mem::take(self.waiting.get_mut(chain)?);
        for chain in waiting {
            self.settle(chain);
        }
        Some(place)
    }
}
