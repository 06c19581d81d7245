//! From what a query ended with to what it means.
//!
//! Ballista hands a client the text of an error, whatever it was on the executor. So the text is read for the few
//! phrases that decide, and the scheduler is asked whether it is still the same.

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use lattice_datafusion::PayloadError;

use crate::ClusterError;
use crate::status::Scheduler;

/// How the errors of `lattice-datafusion` begin in the text of a task that failed.
const FAULT: &str = "PayloadError(";

/// What Ballista 55 says when a job failed, before the reason.
const FAILED: &str = " failed: ";

/// What Ballista 55 says of a task whose error it does not hold to pass.
const FOR_GOOD: &str = "runtime execution error";

/// What Ballista 55 says when a job failed by what can pass: executors died, connections broke.
const PASSING: [&str; 4] = [
    "all executors were lost",
    "most recent failure reason",
    "due to IO error",
    "FetchPartitionError",
];

/// The error that a try ends with.
pub(super) async fn on(error: ClusterError, scheduler: &Scheduler, id: &str) -> ClusterError {
    let ClusterError::Query(error) = error else {
        return error;
    };
    if let Some(fault) = PayloadError::of(&error) {
        return ClusterError::Payload {
            fault: fault.to_string(),
        };
    }
    let text = error.to_string();
    if let Some(fault) = fault(&text) {
        return ClusterError::Payload {
            fault: fault.to_owned(),
        };
    }
    match scheduler.cluster().await {
        Err(unreachable) => unreachable,
        Ok(now) if now.scheduler != id => ClusterError::Lost {
            scheduler: scheduler.to_string(),
            why: text,
        },
        Ok(_) => read(error, text),
    }
}

/// The verdict on an error while the scheduler lives.
fn read(error: DataFusionError, text: String) -> ClusterError {
    if PASSING.iter().any(|phrase| text.contains(phrase)) && !text.contains(FOR_GOOD) {
        return ClusterError::Interrupted { why: text };
    }
    if text.contains(FAILED) {
        return ClusterError::Failed { why: text };
    }
    if is_of_a_connection(&error) {
        return ClusterError::Interrupted { why: text };
    }
    ClusterError::Query(error)
}

/// Whether an error is what the client meets when it fetches results from an executor that died.
fn is_of_a_connection(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::Execution(_)
        | DataFusionError::External(_)
        | DataFusionError::IoError(_) => true,
        DataFusionError::ArrowError(error, _) => matches!(
            **error,
            ArrowError::ExternalError(_) | ArrowError::IoError(..) | ArrowError::IpcError(_)
        ),
        _ => false,
    }
}

/// The message of a payload's error in the text of a task that failed, up to the quote that closes it. Each error that
/// quotes another puts backslashes before its quotes.
fn fault(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(FAULT)?;
    let (quote, rest) = rest.split_at(rest.find('"')? + 1);
    let end = rest.find(&format!("{quote})")).unwrap_or(rest.len());
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fault_of_a_payload_is_cut_out_whole() {
        let text = "Job a failed: DataFusionError(External(PayloadError))";
        assert_eq!(fault(text), None);
        let text = r#"error: External(PayloadError("lattice_join: row 3: offset 1 (0x01)")))"#;
        assert_eq!(fault(text), Some("lattice_join: row 3: offset 1 (0x01)"));
        let quoted = format!("failed: {text:?}");
        assert_eq!(fault(&quoted), Some("lattice_join: row 3: offset 1 (0x01)"));
        let cut = r#"cut off: PayloadError("lattice_join: row 3"#;
        assert_eq!(fault(cut), Some("lattice_join: row 3"));
    }

    #[test]
    fn what_can_pass_is_tried_again_and_nothing_else() {
        let verdict =
            |text: &str| read(DataFusionError::Execution(text.to_owned()), text.to_owned());
        let passing = [
            "Job x failed: all executors were lost and no executor re-registered within 60s",
            "Job x failed: Job failed due to stage 2 failed: Stage 2 has failed 4 times, most recent failure reason: \
             \"\"",
            "Job x failed: Task failed due to IO error: no space",
            "connection refused",
        ];
        for text in passing {
            assert!(verdict(text).is_transient(), "{text}");
        }
        let final_ones = [
            "Job x failed: Task failed due to runtime execution error: External(..)",
            "Job x failed: error planning the job",
        ];
        for text in final_ones {
            assert!(
                matches!(verdict(text), ClusterError::Failed { .. }),
                "{text}"
            );
        }
        let plan = read(
            DataFusionError::Plan("no such table".into()),
            "no such table".into(),
        );
        assert!(!plan.is_transient());
    }
}
