//! Designs of sets that look right, are found in the field, and are wrong. Each is written out as its
//! authors would write it, and the law that names its mistake must catch it; the right way stands
//! beside it and must pass.

mod counted;
mod element_tombstones;
mod greatest_number;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a check that must fail, and asserts that it names the law.
#[track_caller]
fn assert_caught(law: &str, check: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err("the check must fail");
    let message = panic.downcast_ref::<String>().expect("a formatted message");
    assert!(
        message.starts_with(&format!("law broken: {law}\n")),
        "not {law}: {message}"
    );
}
