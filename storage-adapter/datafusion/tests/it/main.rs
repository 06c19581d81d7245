//! One binary for all tests.

mod exact;
mod functions;
mod generate;
mod groups;
mod hostile;
mod publish;
mod redaction;
mod support;
mod transfer;
