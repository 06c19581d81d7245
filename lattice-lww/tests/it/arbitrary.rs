//! The public generators: the laws on what they make, and that they make what matters.

/// What a register under partially ordered stamps must show sometimes: no write, one, several, one
/// that is redacted, and two states of which neither is below the other.
#[derive(Debug, Default)]
struct Kinds([usize; 5]);

impl Kinds {
    fn count<S: lattice_lww::Stamp>(
        &mut self,
        a: &lattice_lww::LwwRegister<u8, S, bool>,
        b: &lattice_lww::LwwRegister<u8, S, bool>,
    ) {
        use lattice_core::JoinSemilattice;

        let writes = a.writes().len();
        self.0[writes.min(2)] += 1;
        self.0[3] += usize::from(a.is_redacted());
        self.0[4] += usize::from(!a.leq(b) && !b.leq(a));
    }

    #[track_caller]
    fn assert_all_turned_up(&self) {
        assert!(self.0.iter().all(|&count| count > 10), "{self:?}");
    }
}

#[cfg(feature = "proptest")]
mod by_proptest {
    use lattice_core::laws::check_ranked;
    use lattice_lww::{Hlc, Itc, Lamport, LwwMap, LwwRegister, Unstamped, VersionVector, Write};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::Kinds;

    lattice_core::semilattice_laws!(
        unstamped,
        any::<LwwRegister<u8, Unstamped, bool>>(),
        [bottom, decompose]
    );
    lattice_core::semilattice_laws!(
        map_by_clocks,
        any::<LwwMap<bool, u8, Itc, bool>>(),
        [bottom, decompose]
    );

    proptest! {
        #[test]
        fn writes_are_ranked(
            lamport in vec(any::<Write<u8, Lamport, bool>>(), 0..5),
            hlc in vec(any::<Write<u8, Hlc, bool>>(), 0..5),
        ) {
            check_ranked(&lamport);
            check_ranked(&hlc);
        }
    }

    type Vectors = LwwRegister<u8, VersionVector, bool>;
    type Clocks = LwwRegister<u8, Itc, bool>;

    #[test]
    fn every_kind_of_register_turns_up() {
        let mut runner = TestRunner::deterministic();
        let pairs = any::<((Vectors, Vectors), (Clocks, Clocks))>();
        let (mut vectors, mut clocks) = (Kinds::default(), Kinds::default());
        for _ in 0..500 {
            let ((a, b), (x, y)) = pairs.new_tree(&mut runner).unwrap().current();
            vectors.count(&a, &b);
            clocks.count(&x, &y);
        }
        vectors.assert_all_turned_up();
        clocks.assert_all_turned_up();
    }
}

#[cfg(feature = "quickcheck")]
mod by_quickcheck {
    use lattice_lww::{Hlc, Itc, Lamport, LwwMap, LwwRegister, Unstamped, VersionVector};
    use quickcheck::{Arbitrary, Gen};

    use super::Kinds;

    lattice_core::semilattice_laws_quickcheck!(unstamped, LwwRegister<u8, Unstamped, bool>, [bottom, decompose]);
    lattice_core::semilattice_laws_quickcheck!(lamport, LwwRegister<u8, Lamport, bool>, [bottom, decompose]);
    lattice_core::semilattice_laws_quickcheck!(hlc, LwwRegister<u8, Hlc, bool>, [bottom, decompose]);
    lattice_core::semilattice_laws_quickcheck!(vectors, LwwRegister<u8, VersionVector, bool>, [bottom, decompose]);
    lattice_core::semilattice_laws_quickcheck!(clocks, LwwRegister<u8, Itc, bool>, [bottom, decompose]);
    lattice_core::semilattice_laws_quickcheck!(map, LwwMap<bool, u8, VersionVector, bool>, [bottom, decompose]);

    #[test]
    fn every_kind_of_register_turns_up() {
        let generator = &mut Gen::new(20);
        let (mut vectors, mut clocks) = (Kinds::default(), Kinds::default());
        for _ in 0..500 {
            let (a, b) = Arbitrary::arbitrary(generator);
            vectors.count::<VersionVector>(&a, &b);
            let (a, b) = Arbitrary::arbitrary(generator);
            clocks.count::<Itc>(&a, &b);
        }
        vectors.assert_all_turned_up();
        clocks.assert_all_turned_up();
    }

    /// Shrinking ends, at the least state that still fails.
    #[test]
    fn shrinks_to_the_least_failing_state() {
        let generator = &mut Gen::new(20);
        let fails = |map: &LwwMap<u8, u8, VersionVector, bool>| map.len() > 1;
        let mut found = 0;
        for _ in 0..50 {
            let mut map = LwwMap::arbitrary(generator);
            if !fails(&map) {
                continue;
            }
            while let Some(smaller) = map.shrink().find(fails) {
                map = smaller;
            }
            let writes: usize = map
                .iter()
                .map(|(_, register)| register.writes().len())
                .sum();
            assert_eq!((map.len(), writes), (2, 2));
            found += 1;
        }
        assert!(found > 10);
    }
}
