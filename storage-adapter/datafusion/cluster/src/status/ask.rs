//! Asking a scheduler that runs elsewhere.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Cluster, Job};
use crate::ClusterError;

/// How long an answer may take before the scheduler counts as unreachable.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an answer may be: some thousand stages.
const MAX_ANSWER: usize = 16 << 20;

/// Where a scheduler is: `host:port`.
///
/// ```
/// use lattice_cluster::Scheduler;
///
/// let scheduler: Scheduler = "10.0.0.5:50050".parse()?;
/// assert_eq!(scheduler.to_string(), "10.0.0.5:50050");
/// assert!("10.0.0.5".parse::<Scheduler>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduler {
    host: String,
    port: u16,
}

impl Scheduler {
    /// The scheduler at a host and port.
    pub fn at(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    /// Its host, a name or a number.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who it is and who works for it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unreachable`] when nobody answers, or not in these words.
    pub async fn cluster(&self) -> Result<Cluster, ClusterError> {
        self.ask(Method::GET, "/cluster").await
    }

    /// What runs, for all sessions.
    ///
    /// # Errors
    ///
    /// As [`Self::cluster`].
    pub async fn jobs(&self) -> Result<Vec<Job>, ClusterError> {
        self.ask(Method::GET, "/jobs").await
    }

    /// What runs for one session.
    ///
    /// # Errors
    ///
    /// As [`Self::cluster`].
    pub async fn jobs_of(&self, session: &str) -> Result<Vec<Job>, ClusterError> {
        self.ask(Method::GET, &format!("/jobs?session={session}"))
            .await
    }

    /// Stops what runs for one session; the jobs that were stopped.
    ///
    /// # Errors
    ///
    /// As [`Self::cluster`].
    pub async fn cancel(&self, session: &str) -> Result<Vec<Job>, ClusterError> {
        self.ask(Method::POST, &format!("/cancel?session={session}"))
            .await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
    ) -> Result<T, ClusterError> {
        let unreachable = |why: String| ClusterError::Unreachable {
            scheduler: self.to_string(),
            why,
        };
        match timeout(PATIENCE, self.exchange(method, path)).await {
            Ok(Ok(answer)) => serde_json::from_slice(&answer)
                .map_err(|e| unreachable(format!("strange answer: {e}"))),
            Ok(Err(why)) => Err(unreachable(why)),
            Err(_) => Err(unreachable(format!(
                "no answer within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// One request on a connection of its own: they are rare, and a scheduler that was restarted is noticed.
    async fn exchange(&self, method: Method, path: &str) -> Result<Bytes, String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|e| e.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| e.to_string())?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.to_string())
            .body(Empty::<Bytes>::new())
            .map_err(|e| e.to_string())?;
        let answer = async {
            let response = sender
                .send_request(request)
                .await
                .map_err(|e| e.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_ANSWER)
                .collect()
                .await
                .map_err(|e| e.to_string())?;
            if status == StatusCode::OK {
                Ok(body.to_bytes())
            } else {
                Err(format!(
                    "{path} answers {status}: is that a scheduler of another program?"
                ))
            }
        };
        // The connection has to be driven while the answer is awaited.
        tokio::pin!(answer, connection);
        tokio::select! {
            answer = &mut answer => answer,
            end = &mut connection => match end {
                // It may end right after the last byte of the answer.
                Ok(()) => answer.await,
                Err(e) => Err(e.to_string()),
            },
        }
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Scheduler {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("`{text}` is no host:port"))?;
        let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(format!("`{text}` has no host"));
        }
        Ok(Self::at(host, port))
    }
}
