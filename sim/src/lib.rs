#![doc = include_str!("../README.md")]

// What happens.
mod plan;
mod says;
mod step;

// To whom.
mod atom;
mod book;
mod held;
mod message;
mod replica;
mod world;

// What must hold.
mod check;
mod fact;
mod failure;
mod laws;
mod naive;
mod tamper;
mod tree;

// How it is run.
mod run;
mod shrink;
mod tally;

pub use failure::Failure;
pub use plan::{Order, Plan};
pub use run::{keep_panics_quiet, run};
pub use shrink::shrink;
pub use step::{Act, Bones, Form, Lie, Op, Step, StepId};
pub use tally::{MUST, Tally};
