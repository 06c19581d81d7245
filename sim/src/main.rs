//! Runs seeds, and shows what is left of a failing one.

use std::ops::Range;
use std::process::ExitCode;

use clap::Parser;
use lattice_sim::{Failure, Plan, Tally, keep_panics_quiet, run, shrink};
use rayon::prelude::*;

/// Replicas that write, gossip, compact, redact and break, checked against a reading that never
/// compacts.
#[derive(Parser)]
struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run one seed alone.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Print the steps before they are run.
    #[arg(long, requires = "seed")]
    steps: bool,
    /// Stop at the first seed that fails, print it with the check in one line, and shrink nothing.
    #[arg(long)]
    first: bool,
}

/// With fewer seeds than this, some kind of step may well never happen.
const ENOUGH: u64 = 200;
/// How many lists of steps shrinking may try.
const BUDGET: usize = 3_000;

fn main() -> ExitCode {
    let args = Args::parse();
    keep_panics_quiet();
    let seeds = match args.seed {
        Some(seed) => seed..seed.saturating_add(1),
        None => args.from..args.from.saturating_add(args.seeds),
    };
    if args.steps {
        print_steps(&Plan::of_seed(seeds.start));
    }
    match many(seeds.clone()) {
        Ok(tally) => summary(&seeds, &tally),
        Err((seed, failure)) if args.first => {
            println!("seed {seed}\t{}\t{}", failure.check, failure.what);
            ExitCode::FAILURE
        }
        Err((seed, failure)) => {
            explain(seed, &failure);
            ExitCode::FAILURE
        }
    }
}

/// Runs seeds on all cores; the least one that fails, if any.
fn many(seeds: Range<u64>) -> Result<Tally, (u64, Failure)> {
    let mut tally = Tally::default();
    let mut from = seeds.start;
    // In lots that grow, so that the least failing seed is found without running all of them.
    let mut at_once = 4;
    while from < seeds.end {
        let to = from.saturating_add(at_once).min(seeds.end);
        at_once = (at_once * 2).min(128);
        let lot: Vec<_> = (from..to)
            .into_par_iter()
            .map(|seed| run(&Plan::of_seed(seed)).map_err(|failure| (seed, failure)))
            .collect();
        for outcome in lot {
            tally.join(&outcome?);
        }
        from = to;
    }
    Ok(tally)
}

fn summary(seeds: &Range<u64>, tally: &Tally) -> ExitCode {
    for (what, n) in tally.iter() {
        println!("{n:>12}  {what}");
    }
    let many = seeds.end - seeds.start;
    println!("seeds {}..{}: every check held", seeds.start, seeds.end);
    let missing = tally.missing();
    if many >= ENOUGH && !missing.is_empty() {
        println!("but this never happened: {}", missing.join(", "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn print_steps(plan: &Plan) {
    println!(
        "seed {}, {} replicas, order {:?}",
        plan.seed, plan.replicas, plan.order
    );
    for step in &plan.steps {
        println!("{step}");
    }
}

/// Shrinks a failing seed and prints what is left.
fn explain(seed: u64, failure: &Failure) {
    println!("seed {seed}: {failure}");
    println!("run it alone with --seed {seed}");
    let plan = Plan::of_seed(seed);
    let fails = |steps: &[_]| {
        let outcome = run(&plan.with_steps(steps.to_vec()));
        outcome.is_err_and(|other| other.check == failure.check)
    };
    let steps = shrink(&plan.steps, BUDGET, fails);
    println!("shrunk from {} steps to {}:", plan.steps.len(), steps.len());
    let plan = plan.with_steps(steps);
    print_steps(&plan);
    if let Err(failure) = run(&plan) {
        println!("{failure}");
    }
}
