//! All laws, for registers and maps over every stamp, on all states - reachable or not.

use lattice_core::semilattice_laws;

use crate::write::{any_map, any_register, hlc, itc, lamport, unstamped, version_vector};

semilattice_laws!(
    register_unstamped,
    any_register(unstamped()),
    [bottom, decompose]
);
semilattice_laws!(
    register_lamport,
    any_register(lamport()),
    [bottom, decompose]
);
semilattice_laws!(register_hlc, any_register(hlc()), [bottom, decompose]);
semilattice_laws!(
    register_version_vector,
    any_register(version_vector()),
    [bottom, decompose]
);
semilattice_laws!(register_itc, any_register(itc()), [bottom, decompose]);

semilattice_laws!(map_unstamped, any_map(unstamped()), [bottom, decompose]);
semilattice_laws!(map_lamport, any_map(lamport()), [bottom, decompose]);
semilattice_laws!(map_hlc, any_map(hlc()), [bottom, decompose]);
semilattice_laws!(
    map_version_vector,
    any_map(version_vector()),
    [bottom, decompose]
);
semilattice_laws!(map_itc, any_map(itc()), [bottom, decompose]);

mod ranked {
    use lattice_core::laws::check_ranked;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use crate::write::{any_write, hlc, itc, lamport, unstamped, version_vector};

    proptest! {
        #[test]
        fn unstamped_writes(writes in vec(any_write(unstamped()), 0..6)) {
            check_ranked(&writes);
        }

        #[test]
        fn lamport_writes(writes in vec(any_write(lamport()), 0..6)) {
            check_ranked(&writes);
        }

        #[test]
        fn hlc_writes(writes in vec(any_write(hlc()), 0..6)) {
            check_ranked(&writes);
        }

        #[test]
        fn version_vector_writes(writes in vec(any_write(version_vector()), 0..6)) {
            check_ranked(&writes);
        }

        #[test]
        fn itc_writes(writes in vec(any_write(itc()), 0..6)) {
            check_ranked(&writes);
        }

        #[test]
        fn bare_keys(writes in vec(any_write(itc()), 0..6)) {
            check_ranked(&writes.into_iter().map(|write| write.key).collect::<Vec<_>>());
        }
    }
}

mod redaction {
    use lattice_core::JoinSemilattice;
    use lattice_core::laws::check_homomorphism;
    use lattice_lww::EventHash;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use crate::write::{any_map, any_register, itc, version_vector};

    fn named(hash: &EventHash) -> bool {
        hash.0[0] == 1
    }

    proptest! {
        /// L5: it does not matter whether one redacts before or after joining.
        #[test]
        fn commutes_with_join(states in vec(any_register(version_vector()), 3)) {
            check_homomorphism(&states, |mut state| { state.redact(named); state });
        }

        #[test]
        fn commutes_with_join_of_maps(states in vec(any_map(itc()), 3)) {
            check_homomorphism(&states, |mut state| { state.redact(named); state });
        }

        /// L5: no join brings a redacted value back.
        #[test]
        fn is_never_undone(mut redacted in any_register(itc()), other in any_register(itc())) {
            redacted.join(other.clone());
            redacted.redact(named);
            redacted.join(other);
            for write in redacted.writes().filter(|write| named(&write.key.event_hash)) {
                prop_assert!(write.cell.is_redacted());
            }
        }

        #[test]
        fn says_whether_a_value_went(mut state in any_register(version_vector())) {
            let before = state.clone();
            prop_assert_eq!(state.redact(named), state != before);
            prop_assert!(!state.redact(named));
            let keys = |state: &crate::write::Register<_>| -> Vec<_> {
                state.writes().map(|write| write.key.clone()).collect()
            };
            prop_assert_eq!(keys(&state), keys(&before));
        }
    }
}
