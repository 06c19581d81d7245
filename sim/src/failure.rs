//! What went wrong.

use std::fmt;

/// One check that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The check.
    pub check: &'static str,
    /// What was seen.
    pub what: String,
}

impl Failure {
    /// A failure of a check.
    pub fn new(check: &'static str, what: impl Into<String>) -> Self {
        Self {
            check,
            what: what.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "check `{}` failed: {}", self.check, self.what)
    }
}

impl std::error::Error for Failure {}

/// Fails the check unless the condition holds.
pub(crate) fn ensure(
    holds: bool,
    check: &'static str,
    what: impl FnOnce() -> String,
) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    Err(Failure::new(check, what()))
}
