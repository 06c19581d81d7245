//! What the models are made of.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;

use crate::version::{Locked, Version, Versions};

/// Runs `model` under every schedule with at most `preemptions` switches away from a thread that could have gone
/// on (switches where a thread waits are free; `None`: no bound), and prints how many there were.
pub(super) fn explore(preemptions: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    #[allow(clippy::disallowed_methods, reason = "how long it took, for the log")]
    let start = Instant::now();
    let schedules = std::sync::Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check({
        let schedules = schedules.clone();
        move || {
            schedules.fetch_add(1, Ordering::Relaxed);
            model();
        }
    });
    let bound = preemptions.map_or("all".to_owned(), |bound| format!("{bound} preemptions"));
    // `ok` follows on the same line.
    print!(
        "{} schedules ({bound}), {:.1} s: ",
        schedules.load(Ordering::Relaxed),
        start.elapsed().as_secs_f64()
    );
}

/// A file that is removed once its handle is back.
pub(super) struct File {
    pub(super) number: u64,
    removed: Arc<AtomicBool>,
}

impl File {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            removed: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Two steps of I/O: the file must not go before, between or after them.
    pub(super) fn read(&self) -> u64 {
        self.must_be_there();
        loom::thread::yield_now();
        self.must_be_there();
        self.number
    }

    fn must_be_there(&self) {
        let removed = self.removed.load(loom::sync::atomic::Ordering::SeqCst);
        assert!(!removed, "the file is gone in the middle of a read");
    }

    /// What the owner does with a handle that came back.
    pub(super) fn remove(self) {
        self.removed
            .store(true, loom::sync::atomic::Ordering::SeqCst);
    }
}

/// Versions as in production but for the slot.
pub(super) type Model<S = Locked<Version<u64, File>>> = Versions<u64, File, S>;

/// Contents `number` over the file of that number.
pub(super) fn versions<S: crate::version::Slot<Version<u64, File>>>(number: u64) -> Arc<Model<S>> {
    Arc::new(Versions::with_slot(number, File::new(number)))
}
