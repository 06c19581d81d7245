//! A scheduler and executors as processes of this machine, and what happens when they die.

mod command_line;
mod deaths;
mod harness;
mod hostile;
mod signals;
