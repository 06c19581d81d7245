//! One binary for all tests.

mod generate;
