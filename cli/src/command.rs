//! The commands, one module each: its arguments, what it does, and its report.

pub(crate) mod compact;
pub(crate) mod demo;
pub(crate) mod digest;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fold;
pub(crate) mod fsck;
pub(crate) mod import;
pub(crate) mod items;
pub(crate) mod log;
pub(crate) mod pin;
pub(crate) mod redact;
pub(crate) mod schema;
pub(crate) mod scope;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod verify;
pub(crate) mod watch;

use crate::args::Command;
use crate::error::CliError;
use crate::output::Output;

/// Runs a command.
pub(crate) fn run(command: Command, out: &Output) -> Result<(), CliError> {
    match command {
        Command::Demo(command) => command.run(out),
        Command::Import(command) => command.run(out),
        Command::Compact(command) => command.run(out),
        Command::Verify(command) => command.run(out),
        Command::Items(command) => command.run(out),
        Command::Show(command) => command.run(out),
        Command::Explain(command) => command.run(out),
        Command::Log(command) => command.run(out),
        Command::Watch(command) => command.run(out),
        Command::Redact(command) => command.run(out),
        Command::Stats(command) => command.run(out),
        Command::Digest(command) => command.run(out),
        Command::Export(command) => command.run(out),
        Command::Fold(command) => command.run(out),
        Command::Scope(command) => command.run(out),
        Command::Schema(command) => command.run(out),
        Command::Pin(command) => command.run(out),
        Command::Unpin(command) => command.run(out),
        Command::Fsck(command) => command.run(out),
    }
}
