//! Running a plan, and many of them.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use lattice_lww::{Itc, Unstamped};

use crate::failure::Failure;
use crate::plan::{Order, Plan};
use crate::tally::Tally;
use crate::world::World;

thread_local! {
    /// Whether this thread is inside of a run.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// From now on a panic inside of a run is a failed check and nothing else; any other is printed as
/// before.
pub fn keep_panics_quiet() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        if !RUNNING.get() {
            before(panic);
        }
    }));
}

/// Runs a plan to its end.
///
/// # Errors
///
/// The first check that does not hold; a panic of the library is one by the name `panic`.
pub fn run(plan: &Plan) -> Result<Tally, Failure> {
    RUNNING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(|| match plan.order {
        Order::Wall => World::<Unstamped>::new(plan.replicas)?.run(&plan.steps),
        Order::Itc => World::<Itc>::new(plan.replicas)?.run(&plan.steps),
    }));
    RUNNING.set(false);
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        Err(Failure::new("panic", text.unwrap_or("no message")))
    })
}
