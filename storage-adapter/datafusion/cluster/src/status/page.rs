//! The page of the scheduler: `GET /cluster`, `GET /jobs`, `POST /cancel`.

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::observe::{self, Server};
use super::{Cluster, Job};

/// Of which session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Of {
    pub(super) session: Option<String>,
}

/// The routes, to be served beside those of Ballista.
pub(crate) fn routes(server: Server) -> Router {
    Router::new()
        .route("/cluster", get(cluster))
        .route("/jobs", get(jobs))
        .route("/cancel", post(cancel))
        .with_state(server)
}

async fn cluster(State(server): State<Server>) -> Json<Cluster> {
    Json(observe::cluster(&server).await)
}

async fn jobs(State(server): State<Server>, Query(of): Query<Of>) -> Json<Vec<Job>> {
    Json(observe::jobs(&server, of.session.as_deref()).await)
}

/// Cancels what runs for a session; answers with the jobs that were cancelled. Without a session: none.
async fn cancel(State(server): State<Server>, Query(of): Query<Of>) -> Json<Vec<Job>> {
    let Some(session) = of.session else {
        return Json(Vec::new());
    };
    let mut cancelled = Vec::new();
    for job in observe::jobs(&server, Some(&session)).await {
        // A job that cannot be cancelled has ended in between.
        if server.cancel_job(job.id.clone().into()).await.is_ok() {
            cancelled.push(job);
        }
    }
    Json(cancelled)
}
