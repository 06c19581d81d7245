//! Sessions, and the functions of `lattice-datafusion` where Ballista looks for them.
//!
//! A function travels by its name. The client plans with it, the scheduler plans again, executors run it: who does
//! not know it fails the job. All three take theirs from here, so a binary that has one has all.

use std::sync::Arc;

use ballista::prelude::SessionContextExt;
use ballista_core::config::{BALLISTA_JOB_NAME, BallistaConfig};
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::default_session_builder;
use datafusion::common::Result;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::status::Scheduler;
use crate::{settings, stores};

/// A session as the scheduler makes one for each client: Ballista's own, with the functions and the stores.
///
/// # Errors
///
/// Those of Ballista's session builder.
pub fn session_state(config: SessionConfig) -> Result<SessionState> {
    let state = SessionStateBuilder::new_from_existing(default_session_builder(config)?)
        .with_runtime_env(stores::planning_runtime()?)
        .build();
    let ctx = SessionContext::new_with_state(state);
    lattice_datafusion::register_all(&ctx);
    Ok(ctx.state())
}

/// All functions that an executor can run.
///
/// ```
/// use datafusion::execution::FunctionRegistry;
///
/// let functions = lattice_cluster::functions::registry()?;
/// assert!(functions.udaf("lattice_join").is_ok());
/// assert!(functions.udaf("count").is_ok());
/// # Ok::<(), datafusion::error::DataFusionError>(())
/// ```
///
/// # Errors
///
/// Those of [`session_state`].
pub fn registry() -> Result<Arc<BallistaFunctionRegistry>> {
    let state = session_state(settings::session_config(1))?;
    Ok(Arc::new(BallistaFunctionRegistry::from(&state)))
}

/// A session whose queries run on the cluster; `partitions` as in [`settings::session_config`].
///
/// Nothing is sent before the first query.
///
/// # Errors
///
/// Those of Ballista's session builder.
pub async fn remote_session(scheduler: &Scheduler, partitions: usize) -> Result<SessionContext> {
    let state = session_state(settings::session_config(partitions))?;
    let ctx = SessionContext::remote_with_state(&format!("df://{scheduler}"), state).await?;
    // SUBTLE: going remote puts Ballista's own functions in the place of all that were registered before.
    lattice_datafusion::register_all(&ctx);
    name_job(&ctx, "query")?;
    Ok(ctx)
}

/// The name that the next queries of a session go by on the scheduler. A session of no cluster has no such setting,
/// and is left alone.
///
/// SUBTLE: the scheduler gives every query a session of its own, so the name also says which session of a client it
/// belongs to.
///
/// # Errors
///
/// Those of the setting.
pub fn name_job(ctx: &SessionContext, name: &str) -> Result<()> {
    let full = format!("{}/{name}", ctx.session_id());
    let state = ctx.state_ref();
    let mut state = state.write();
    let options = state.config_mut().options_mut();
    if options.extensions.get::<BallistaConfig>().is_some() {
        options.set(BALLISTA_JOB_NAME, &full)?;
    }
    Ok(())
}

/// The session and the name that [`name_job`] put together.
pub(crate) fn read_job_name(full: &str) -> (&str, &str) {
    full.split_once('/').unwrap_or(("", full))
}
