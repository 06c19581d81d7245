//! Being told to stop: by ctrl-c, by SIGTERM, or by the end of the parent.

use tokio::io::AsyncReadExt;
use tokio::sync::watch;

/// Tells everyone who waits that it is time to stop. Clones are the same signal.
#[derive(Debug, Clone)]
pub struct Stop {
    told: watch::Receiver<Option<Reason>>,
}

/// Why it is time to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Somebody asked: what runs may come to its end.
    Asked,
    /// Whoever this process worked for is gone.
    Orphaned,
}

impl Stop {
    /// A stop on ctrl-c or SIGTERM and, if so wished, when standard input ends.
    ///
    /// The last is how a server started by another program ends with it, even when that program was killed:
    /// the system closes the pipe.
    pub fn on_signals(with_stdin: bool) -> Self {
        let (tell, told) = watch::channel(None);
        tokio::spawn(async move {
            let reason = tokio::select! {
                () = signal() => Reason::Asked,
                () = end_of_stdin(), if with_stdin => Reason::Orphaned,
            };
            // Nobody listening any more is no fault: the process ends by itself.
            let _ = tell.send(Some(reason));
        });
        Self { told }
    }

    /// Returns when it is time to stop.
    pub async fn wait(mut self) -> Reason {
        match self.told.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or(Reason::Asked),
            // The runtime is going down, which is a stop too.
            Err(_) => Reason::Asked,
        }
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let ctrl_c = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = ctrl_c => {}
            _ = terminate.recv() => {}
        },
        // Without a handler SIGTERM ends the process at once, which is what was asked.
        Err(_) => drop(ctrl_c.await),
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}

async fn end_of_stdin() {
    let mut stdin = tokio::io::stdin();
    let mut bytes = [0; 64];
    while matches!(stdin.read(&mut bytes).await, Ok(n) if n > 0) {}
}
