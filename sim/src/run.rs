//! Running a plan, and many of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lattice_lww::{Itc, Unstamped};

use crate::failure::Failure;
use crate::plan::{Order, Plan};
use crate::tally::Tally;
use crate::world::World;

/// Runs a plan to its end.
///
/// # Errors
///
/// The first check that does not hold; a panic of the library is one by the name `panic`.
pub fn run(plan: &Plan) -> Result<Tally, Failure> {
    let outcome = catch_unwind(AssertUnwindSafe(|| match plan.order {
        Order::Wall => World::<Unstamped>::new(plan.replicas)?.run(&plan.steps),
        Order::Itc => World::<Itc>::new(plan.replicas)?.run(&plan.steps),
    }));
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        Err(Failure::new("panic", text.unwrap_or("no message")))
    })
}
