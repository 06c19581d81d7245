//! The simulation itself: that it is a function of its seed, that steps can be taken out of it, and
//! that it finds the short trace.

use lattice_sim::{Act, Failure, MUST, Plan, Step, run, shrink};

/// The seeds that every test run looks at.
const SEEDS: std::ops::Range<u64> = 0..16;

#[test]
fn seeds_pass_and_give_the_same_run_twice() {
    for seed in SEEDS {
        let plan = Plan::of_seed(seed);
        assert_eq!(plan.steps, Plan::of_seed(seed).steps);
        let tally = run(&plan).unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
        assert_eq!(Ok(tally), run(&plan), "seed {seed}");
    }
}

#[test]
fn plans_have_both_orders_and_are_told_apart_by_their_seed() {
    assert_ne!(Plan::of_seed(0).order, Plan::of_seed(1).order);
    assert_ne!(Plan::of_seed(0).steps, Plan::of_seed(2).steps);
}

/// What shrinking relies on: a step without its partner does nothing, and every rest of a run is a
/// run in which everything must hold as well.
#[test]
fn every_part_of_a_run_is_a_run() {
    for seed in SEEDS {
        let plan = Plan::of_seed(seed);
        for part in 0..4 {
            let bit = |step: &&Step| {
                (u64::from(step.id).wrapping_mul(0x9e37_79b9) >> (8 + part)) & 1 == 1
            };
            let steps: Vec<Step> = plan.steps.iter().filter(bit).cloned().collect();
            let outcome = run(&plan.with_steps(steps));
            assert_eq!(outcome.err(), None, "seed {seed}, part {part}");
        }
    }
}

#[test]
fn shrinking_leaves_what_fails_and_nothing_else() {
    let steps = Plan::of_seed(1).steps;
    let (first, last) = (steps[3].clone(), steps[steps.len() - 2].clone());
    let fails = |steps: &[Step]| steps.contains(&first) && steps.contains(&last);
    assert_eq!(shrink(&steps, 10_000, fails), [first.clone(), last.clone()]);
    // With nothing left to try it stops where it is.
    assert_eq!(shrink(&steps, 0, fails), steps);
}

/// A plan that names a replica which is not there fails, and says what was wrong: the way a failure
/// takes through a run.
#[test]
fn a_failure_names_its_check() {
    let plan = Plan::of_seed(0);
    let stray = Step {
        id: 0,
        act: Act::Prune { at: 99 },
    };
    let outcome = run(&plan.with_steps(vec![stray]));
    assert_eq!(outcome, Err(Failure::new("plan", "there is no replica 99")));
}

#[test]
fn traces_can_be_read() {
    for seed in SEEDS {
        for step in Plan::of_seed(seed).steps {
            let line = step.to_string();
            assert!(
                line.starts_with('#') && !line.contains('?') && !line.contains('\n'),
                "{line}"
            );
        }
    }
}

/// What a step is counted as must be on the list of what has to happen, or nobody notices that it no
/// longer does.
#[test]
fn every_kind_of_step_is_one_that_must_happen() {
    for seed in 0..5_000 {
        for step in Plan::of_seed(seed).steps {
            assert!(MUST.contains(&step.name()), "{}", step.name());
        }
    }
}
