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
