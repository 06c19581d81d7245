//! `lattice`: shrinks the event log of a local-first project without changing what anybody will
//! ever read.
//!
//! This crate parses arguments, calls the libraries and prints. What it calls is all there is: it
//! holds no rule of its own about events, state, compaction or storage.

mod args;
mod command;
mod error;
mod moment;
mod output;
mod progress;
mod retention;
mod store;
mod terminal;
mod time;

use std::process::ExitCode;

use clap::Parser;

/// Millions of small pieces are held and let go of at once, which allocators of systems are slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let out = output::Output::new(args.json);
    match command::run(args.command, &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
