//! What goes wrong on a cluster, who is to blame, and whether another try can help.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use datafusion::common::DataFusionError;
use lattice_datafusion::PlaceError;
use lattice_datafusion::generate::GenerateError;
use lattice_datafusion::logs::TransferError;
use lattice_datafusion::publish::PublishError;
use thiserror::Error;

/// Why a command of the cluster did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another port, or 0 for any free one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// An executor that listens everywhere has to say under which name the others find it.
    #[error("{address} is no address to be found at: name one with --advertise")]
    Advertise {
        /// What it listens on.
        address: SocketAddr,
    },
    /// Nobody answers at the address of the scheduler.
    #[error(
        "no scheduler answers at {scheduler}: {why}; start one with `lattice-cluster scheduler`, or name \
         another with --scheduler"
    )]
    Unreachable {
        /// Where it should be, as `host:port`.
        scheduler: String,
        /// What was tried and how it ended.
        why: String,
    },
    /// The scheduler that took the job is gone; one that answers there now does not know the job.
    #[error("the scheduler at {scheduler} has been restarted and has lost the job: {why}")]
    Lost {
        /// Where it is, as `host:port`.
        scheduler: String,
        /// How the client noticed.
        why: String,
    },
    /// The bytes of an event or snapshot are refused. Another try reads the same bytes.
    #[error("the job failed on bytes that are no payload: {fault}")]
    Payload {
        /// Which function, which row of the batch, which byte.
        fault: String,
    },
    /// The scheduler gave the job up for a reason that another try would meet again.
    #[error("the job failed: {why}")]
    Failed {
        /// What the scheduler says.
        why: String,
    },
    /// The job was stopped by what can pass: no executor left, a result whose executor died.
    #[error("the job was interrupted: {why}")]
    Interrupted {
        /// What the scheduler or the connection says.
        why: String,
    },
    /// A try took too long and was cancelled.
    #[error("the job did not end within {} s and was cancelled; allow more with --deadline", after.as_secs())]
    Deadline {
        /// How long it was given.
        after: Duration,
    },
    /// Every try failed in a way that another might not have.
    #[error("gave up after {tries} tries; the last: {last}")]
    GaveUp {
        /// How many there were.
        tries: u32,
        /// How the last one ended.
        last: Box<ClusterError>,
    },
    /// The query does not hold together: no such file, no such column, no SQL.
    #[error("the query cannot be run: {0}")]
    Query(#[from] DataFusionError),
    /// A location is none, or cannot be reached.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The result cannot be published.
    #[error(transparent)]
    Publish(PublishError),
    /// A log or a store does not go over.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// A log cannot be made up.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// A file or a process of this machine.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// Ballista refuses to start, or stops.
    #[error("{role}: {why}")]
    Engine {
        /// Which part of the cluster.
        role: &'static str,
        /// What it says.
        why: String,
    },
    /// A demonstration whose results differ.
    #[error("the results differ: {0}")]
    Differ(String),
}

impl ClusterError {
    /// Whether the same job may succeed when it is submitted again.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Lost { .. }
                | Self::Interrupted { .. }
                | Self::Deadline { .. }
        )
    }

    /// The exit code of the process. `2` is taken: the command line did not parse.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Payload { .. } => 3,
            Self::Failed { .. } | Self::Query(_) => 4,
            Self::Unreachable { .. } => 5,
            Self::Deadline { .. } => 6,
            Self::Lost { .. } | Self::Interrupted { .. } => 7,
            Self::GaveUp { last, .. } => last.exit_code(),
            _ => 1,
        }
    }

    /// An error of the system, with what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// An error of Ballista, with the part of the cluster it comes from.
    pub(crate) fn engine(
        role: &'static str,
    ) -> impl Fn(ballista_core::error::BallistaError) -> Self {
        move |error| Self::Engine {
            role,
            why: error.to_string(),
        }
    }
}

impl From<PublishError> for ClusterError {
    /// A query that failed while its rows were written is a query that failed.
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Query(error) => Self::Query(error),
            error => Self::Publish(error),
        }
    }
}
