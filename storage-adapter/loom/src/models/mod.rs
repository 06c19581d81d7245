//! Two or three threads each, and what must hold whichever way they interleave.

mod broken;
mod publish;
mod reclaim;
mod revoke;
mod support;
mod update;
