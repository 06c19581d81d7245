#![doc = include_str!("../README.md")]

mod create;
mod cursor;
mod database;
mod log;
mod open;
mod parts;
mod reader;
mod rewrite;
mod sealed;
mod value;

pub use cursor::Cursor;
pub use log::RedbLog;
pub use reader::RedbReader;
pub use rewrite::{RedbFinished, RedbObsolete, RedbRewrite};

/// The format of the tables that this build writes, and the greatest it reads.
pub const FORMAT: u32 = 1;
