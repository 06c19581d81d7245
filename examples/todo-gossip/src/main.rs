//! A to-do list on three replicas that gossip over a network that loses, repeats and reorders.

use lattice_orset::{GSet, JoinSemilattice, OrSet, Replica};

type List = OrSet<String, &'static str>;

/// One device: its handle, the only thing that may name new events, and what it knows.
struct Device {
    replica: Replica<&'static str>,
    list: List,
}

impl Device {
    fn new(name: &'static str) -> Self {
        Self {
            replica: Replica::new(name),
            list: OrSet::new(),
        }
    }

    /// Adds an entry and returns the delta to gossip.
    fn add(&mut self, entry: &str) -> List {
        let dot = self
            .replica
            .mint()
            .expect("four billion entries are enough");
        self.list.insert(dot, entry.to_owned())
    }

    /// Ticks an entry off and returns the delta to gossip.
    fn done(&mut self, entry: &str) -> List {
        self.list.remove(entry)
    }
}

/// A lattice of one's own around those of the crate: the list, and every name it ever had.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shared {
    list: List,
    names: GSet<&'static str>,
}

impl JoinSemilattice for Shared {
    fn join(&mut self, other: Self) -> bool {
        // Not `||`, which would leave the names unjoined when the list grew.
        self.list.join(other.list) | self.names.join(other.names)
    }

    fn leq(&self, other: &Self) -> bool {
        self.list.leq(&other.list) && self.names.leq(&other.names)
    }
}

fn main() {
    let [mut phone, mut laptop, mut tablet] = ["phone", "laptop", "tablet"].map(Device::new);

    let milk = phone.add("buy milk");
    let _lost = phone.add("water the plants");
    laptop.list.join(milk.clone());
    laptop.list.join(milk); // repeated: no harm

    // Concurrently: the laptop ticks the milk off, the tablet, which never heard of it, adds it.
    let ticked = laptop.done("buy milk");
    let again = tablet.add("buy milk");
    phone.list.join(again);
    phone.list.join(ticked);

    // The lost message is made up for by what the other side lacks, however it is asked for.
    for _ in 0..2 {
        let missing = phone.list.delta_for(&laptop.list.context());
        laptop.list.join(missing);
        let missing = laptop.list.delta_for(&tablet.list.context());
        tablet.list.join(missing);
        let missing = tablet.list.delta_for(&phone.list.context());
        phone.list.join(missing);
    }

    assert_eq!(phone.list, laptop.list);
    assert_eq!(phone.list, tablet.list);
    // The add that nobody had observed survives the tick.
    assert!(phone.list.contains("buy milk"));

    let named = |list, name| Shared {
        list,
        names: GSet::from_iter([name]),
    };
    let shared = named(phone.list.clone(), "groceries").joined(named(tablet.list, "errands"));
    assert_eq!(shared.names.len(), 2);
    println!("{:?}", phone.list.iter().collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;
    use lattice_orset::laws;

    #[test]
    fn the_story_holds() {
        main();
    }

    #[test]
    fn what_is_shared_is_a_lattice() {
        let [mut phone, mut laptop] = ["phone", "laptop"].map(Device::new);
        let shared = |list, name| Shared {
            list,
            names: GSet::from_iter([name]),
        };
        laws::check_all(&[
            shared(List::new(), "groceries"),
            shared(phone.add("milk"), "groceries"),
            shared(phone.done("milk"), "errands"),
            shared(laptop.add("milk"), "to buy"),
            shared(laptop.list.joined(phone.list), "errands"),
        ]);
    }
}
