//! The law kit itself: each check passes what is right and names what is wrong.

use core::fmt::Debug;
use core::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lattice_core::{Bottom, Decompose, JoinSemilattice, Set, laws};

/// Runs a check that must fail, and asserts that it names the law.
#[track_caller]
pub(crate) fn assert_caught(law: &str, check: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err("the check must fail");
    let message = panic.downcast_ref::<String>().expect("a formatted message");
    assert!(
        message.starts_with(&format!("law broken: {law}\n")),
        "not {law}: {message}"
    );
}

/// Three bits under union, with one method at a time replaced by a wrong one.
trait Mutation: Clone + Debug + PartialEq + Eq {
    fn join(mine: &mut u8, theirs: u8) -> bool {
        let grew = theirs & !*mine != 0;
        *mine |= theirs;
        grew
    }
    fn join_ref(mine: &mut u8, theirs: u8) -> bool {
        Self::join(mine, theirs)
    }
    fn leq(mine: u8, theirs: u8) -> bool {
        mine & !theirs == 0
    }
    fn is_bottom(state: u8) -> bool {
        state == 0
    }
    fn decompose(state: u8) -> Vec<u8> {
        [1, 2, 4]
            .into_iter()
            .filter(|bit| state & bit != 0)
            .collect()
    }
    fn delta_since(state: u8, known: u8) -> u8 {
        state & !known
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Bits<M>(u8, PhantomData<M>);

impl<M: Mutation> JoinSemilattice for Bits<M> {
    fn join(&mut self, other: Self) -> bool {
        M::join(&mut self.0, other.0)
    }
    fn leq(&self, other: &Self) -> bool {
        M::leq(self.0, other.0)
    }
    fn join_ref(&mut self, other: &Self) -> bool {
        M::join_ref(&mut self.0, other.0)
    }
}

impl<M: Mutation> Bottom for Bits<M> {
    fn bottom() -> Self {
        Self(0, PhantomData)
    }
    fn is_bottom(&self) -> bool {
        M::is_bottom(self.0)
    }
}

impl<M: Mutation> Decompose for Bits<M> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        M::decompose(self.0)
            .into_iter()
            .map(|bits| Self(bits, PhantomData))
    }
    fn delta_since(&self, known: &Self) -> Self {
        Self(M::delta_since(self.0, known.0), PhantomData)
    }
}

fn all<M: Mutation>() -> Vec<Bits<M>> {
    (0..8).map(|bits| Bits(bits, PhantomData)).collect()
}

macro_rules! mutant {
    ($test:ident, $law:literal, $check:ident, $($method:tt)+) => {
        #[test]
        fn $test() {
            #[derive(Clone, Debug, PartialEq, Eq)]
            struct Wrong;
            impl Mutation for Wrong {
                $($method)+
            }
            assert_caught($law, || laws::$check(&all::<Wrong>()));
        }
    };
}

#[test]
fn what_is_right_passes() {
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Right;
    impl Mutation for Right {}
    let states = all::<Right>();
    laws::check_all(&states);
    laws::check_bottom(&states);
    laws::check_decompose(&states);
    laws::check_irreducible(&states);
    laws::check_delta_since(&states);
}

mutant!(
    toggling_is_not_idempotent,
    "idempotent",
    check_idempotent,
    fn join(mine: &mut u8, theirs: u8) -> bool {
        *mine ^= theirs;
        theirs != 0
    }
);
mutant!(
    keeping_mine_is_not_commutative,
    "commutative",
    check_commutative,
    fn join(_: &mut u8, _: u8) -> bool {
        false
    }
);
mutant!(
    a_mean_is_not_associative,
    "associative",
    check_associative,
    fn join(mine: &mut u8, theirs: u8) -> bool {
        *mine = u8::midpoint(*mine, theirs);
        true
    }
);
mutant!(
    always_grown_is_a_lie,
    "join bool",
    check_join_bool,
    fn join(mine: &mut u8, theirs: u8) -> bool {
        *mine |= theirs;
        true
    }
);
mutant!(
    never_grown_is_a_lie,
    "join bool",
    check_join_bool,
    fn join(mine: &mut u8, theirs: u8) -> bool {
        *mine |= theirs;
        false
    }
);
mutant!(
    a_short_circuit_loses_the_rest,
    "upper bound",
    check_least_upper_bound,
    fn join(mine: &mut u8, theirs: u8) -> bool {
        // What `||` between the components does.
        [1, 2, 4].into_iter().any(|bit| {
            let grew = theirs & bit & !*mine != 0;
            *mine |= theirs & bit;
            grew
        })
    }
);
mutant!(
    more_than_the_least_bound,
    "order agrees with join",
    check_least_upper_bound,
    fn join(mine: &mut u8, theirs: u8) -> bool {
        *mine |= theirs | 4;
        true
    }
);
mutant!(
    a_bound_above_the_least,
    "least upper bound",
    check_least_upper_bound,
    fn join(mine: &mut u8, theirs: u8) -> bool {
        let comparable = *mine & theirs == *mine || *mine & theirs == theirs;
        *mine |= if comparable { theirs } else { 7 };
        true
    }
);
mutant!(
    a_lazy_join_ref,
    "join_ref",
    check_join_ref,
    fn join_ref(_: &mut u8, _: u8) -> bool {
        false
    }
);
mutant!(
    strictly_below_is_not_reflexive,
    "reflexive",
    check_order,
    fn leq(mine: u8, theirs: u8) -> bool {
        mine & !theirs == 0 && mine != theirs
    }
);
mutant!(
    comparing_counts_is_not_antisymmetric,
    "antisymmetric",
    check_order,
    fn leq(mine: u8, theirs: u8) -> bool {
        mine.count_ones() <= theirs.count_ones()
    }
);
mutant!(
    next_but_one_is_not_transitive,
    "transitive",
    check_order,
    fn leq(mine: u8, theirs: u8) -> bool {
        mine == theirs || mine + 1 == theirs
    }
);
mutant!(
    lexicographic_is_not_the_order,
    "order agrees with join",
    check_least_upper_bound,
    fn leq(mine: u8, theirs: u8) -> bool {
        mine <= theirs
    }
);
mutant!(
    no_state_is_bottom,
    "bottom",
    check_bottom,
    fn is_bottom(_: u8) -> bool {
        false
    }
);
mutant!(
    two_states_are_bottom,
    "bottom",
    check_bottom,
    fn is_bottom(state: u8) -> bool {
        state < 2
    }
);
mutant!(
    a_part_is_lost,
    "decompose",
    check_decompose,
    fn decompose(state: u8) -> Vec<u8> {
        [1, 2].into_iter().filter(|bit| state & bit != 0).collect()
    }
);
mutant!(
    parts_overlap,
    "decompose irredundantly",
    check_decompose,
    fn decompose(state: u8) -> Vec<u8> {
        vec![state & 3, state]
    }
);
mutant!(
    parts_are_too_big,
    "decompose irreducibly",
    check_irreducible,
    fn decompose(state: u8) -> Vec<u8> {
        vec![state]
    }
);
mutant!(
    a_delta_that_lacks_something,
    "delta_since",
    check_delta_since,
    fn delta_since(state: u8, known: u8) -> u8 {
        state & !known & 3
    }
);
mutant!(
    a_delta_that_is_not_minimal_where_nothing_is_new,
    "delta_since",
    check_delta_since,
    fn delta_since(state: u8, _: u8) -> u8 {
        state
    }
);
mutant!(
    a_delta_that_tells_too_much,
    "delta_since",
    check_delta_since,
    fn delta_since(state: u8, known: u8) -> u8 {
        if state & !known == 0 {
            0
        } else {
            state | known
        }
    }
);

#[test]
fn check_all_runs_every_law_of_the_join() {
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Wrong;
    impl Mutation for Wrong {
        fn join_ref(_: &mut u8, _: u8) -> bool {
            false
        }
    }
    assert_caught("join_ref", || laws::check_all(&all::<Wrong>()));
}

#[test]
fn a_failure_shows_law_and_operands() {
    let panic = catch_unwind(|| laws::check_homomorphism(&[false, true], |flag| !flag))
        .expect_err("negation is no homomorphism");
    assert_eq!(
        panic.downcast_ref::<String>().map(String::as_str),
        Some(
            "law broken: homomorphism\n  a = false\n  b = true\n  map(a ⊔ b) = false\n  map(a) ⊔ map(b) = true"
        ),
    );
}

#[test]
fn round_trips() {
    let states: Vec<Set<u8>> = vec![Set::new(), Set::singleton(1), Set::from_iter([1, 2])];
    let encode = |set: &Set<u8>| set.as_slice().to_vec();
    laws::check_round_trip(&states, encode, |bytes| {
        Set::from_sorted(bytes.clone()).ok_or("unsorted")
    });
    assert_caught("round trip", || {
        laws::check_round_trip(&states, encode, |bytes| {
            Ok::<_, ()>(bytes.iter().copied().take(1).collect())
        });
    });
    assert_caught("round trip", || {
        laws::check_round_trip(&states, encode, |_| Err("always refused"));
    });
    // Equal states, different bytes: a counter that runs on.
    let calls = core::cell::Cell::new(0_u8);
    assert_caught("canonical encoding", || {
        laws::check_round_trip(
            &states,
            |set: &Set<u8>| {
                calls.set(calls.get() + 1);
                (set.clone(), calls.get())
            },
            |(set, _)| Ok::<_, ()>(set.clone()),
        );
    });
}

#[test]
fn replays() {
    let collect = |events: &[u8]| events.iter().copied().collect::<Set<u8>>();
    laws::check_replay(&[3, 1, 2], collect);
    assert_caught("replay in any order", || {
        laws::check_replay(&[3, 1, 2], |events| Set::from_iter(events.first().copied()));
    });
    assert_caught("replay with repetition", || {
        laws::check_replay(&[1], |events| Set::singleton(events.len()));
    });
    // The same for every order, and not the join of its parts.
    assert_caught("replay of a union is the join", || {
        laws::check_replay(&[1, 2], |events| {
            let seen = collect(events);
            if seen.len() == 2 { Set::new() } else { seen }
        });
    });
}

#[test]
fn closures_are_the_joins_of_all_subsets() {
    let generators = [0, 1, 2, 3].map(Set::singleton);
    let universe = laws::closure(&generators, 15).expect("fits");
    assert_eq!(universe.len(), 15);
    let error = laws::closure(&generators, 14).expect_err("one too many");
    assert_eq!(error.to_string(), "generators reach more than 14 states");
    assert_eq!(laws::closure::<Set<u8>>(&[], 0), Ok(vec![]));
}
