//! Progress on standard error; silent when that is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows that something is going on until it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Work without a known end.
    pub(crate) fn new(what: &'static str) -> Self {
        Self::styled(what, "{spinner} {msg} ({elapsed})")
    }

    /// Work on so many bytes as [`advance`](Self::advance) will tell.
    pub(crate) fn of_bytes(what: &'static str) -> Self {
        Self::styled(
            what,
            "{spinner} {msg} {binary_bytes} ({binary_bytes_per_sec})",
        )
    }

    /// Work in phases, each on so many bytes as [`at`](Self::at) will tell.
    pub(crate) fn of_phases() -> Self {
        Self::styled(
            "",
            "{spinner} {msg} {binary_bytes} of {binary_total_bytes} ({elapsed})",
        )
    }

    /// So far has a phase come.
    pub(crate) fn at(&self, phase: &'static str, done: u64, total: u64) {
        if self.0.message() != phase {
            self.0.set_message(phase);
        }
        self.0.set_length(total);
        self.0.set_position(done);
    }

    fn styled(what: &'static str, template: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    pub(crate) fn advance(&self, by: u64) {
        self.0.inc(by);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
