//! A scheduler and executors as processes of this machine, and what happens when they die.

mod deaths;
mod harness;
mod signals;
