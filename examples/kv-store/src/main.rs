//! A replicated key-value store: writes are registers in a map, and replicas ship small maps as deltas.

use lattice_lww::{
    EventHash, Hlc, HlcClock, JoinSemilattice, LwwMap, LwwRegister, Write, WriteKey,
};

type Store = LwwMap<String, String, Hlc, &'static str>;

/// One node: its name, its clock, and what it knows.
struct Node {
    name: &'static str,
    clock: HlcClock,
    store: Store,
    writes: u8,
}

impl Node {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            clock: HlcClock::new(),
            store: Store::new(),
            writes: 0,
        }
    }

    /// Writes a key at a time of the wall clock (in milliseconds) and returns the delta to ship.
    fn put(&mut self, key: &str, value: &str, now: u64) -> Store {
        self.writes += 1;
        // Any unique name of the write will do; an event log would use the hash of the event.
        let mut event = [0; 32];
        event[..self.name.len()].copy_from_slice(self.name.as_bytes());
        event[31] = self.writes;
        let write = Write::new(
            WriteKey {
                stamp: self.clock.tick(now).expect("the clock is far from its end"),
                wall_ts: now,
                agent_id: self.name,
                event_hash: EventHash(event),
            },
            value.to_owned(),
        );
        let delta = Store::from_iter([(key.to_owned(), LwwRegister::from_write(write))]);
        self.store.join(delta.clone());
        delta
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.store.get(&key.to_owned())?.get().map(String::as_str)
    }
}

/// A lattice of one's own around that of the crate: a store, and the latest wall time anybody wrote at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    store: Store,
    latest: u64,
}

impl JoinSemilattice for Known {
    fn join(&mut self, other: Self) -> bool {
        let mut grew = self.store.join(other.store);
        grew |= other.latest > self.latest;
        self.latest = self.latest.max(other.latest);
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.store.leq(&other.store) && self.latest <= other.latest
    }
}

fn main() {
    let (mut here, mut there) = (Node::new("here"), Node::new("there"));

    let first = here.put("colour", "red", 1_000);
    // `there` has a clock that is far behind, but it has seen the first write: its own comes later.
    for (_, register) in &first {
        for write in register.writes() {
            there
                .clock
                .observe(write.key.stamp, 10, 60_000)
                .expect("not from the far future");
        }
    }
    there.store.join(first);
    let second = there.put("colour", "blue", 10);

    here.store.join(second.clone());
    here.store.join(second); // repeated: no harm
    assert_eq!(here.get("colour"), Some("blue"));
    assert_eq!(here.store, there.store);

    let mut known = Known {
        store: there.store,
        latest: 10,
    };
    assert!(known.join(Known {
        store: here.store.clone(),
        latest: 1_000
    }));
    println!("colour = {:?}", here.get("colour"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use lattice_lww::laws;

    #[test]
    fn the_story_holds() {
        main();
    }

    #[test]
    fn what_is_known_is_a_lattice() {
        let (mut here, mut there) = (Node::new("here"), Node::new("there"));
        let known = |store, latest| Known { store, latest };
        laws::check_all(&[
            known(Store::new(), 0),
            known(here.put("colour", "red", 1_000), 1_000),
            known(there.put("colour", "blue", 10), 10),
            known(there.put("size", "xl", 20), 20),
        ]);
    }
}
