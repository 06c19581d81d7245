//! The scheduler: one process that plans jobs and hands out tasks.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tonic::service::RoutesBuilder;

use crate::address::{LOOPBACK, exposed};
use crate::stop::Stop;
use crate::{ClusterError, functions, settings, status};

/// How long connections may take to end after the scheduler was told to stop.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How a scheduler is set up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SchedulerOptions {
    /// The address to listen on.
    pub bind: IpAddr,
    /// The port; 0 for any free one.
    pub port: u16,
}

impl Default for SchedulerOptions {
    fn default() -> Self {
        Self {
            bind: LOOPBACK,
            port: 50050,
        }
    }
}

/// Ballista's configuration of a scheduler that listens there.
fn config_for(address: SocketAddr) -> SchedulerConfig {
    let mut config = SchedulerConfig {
        bind_host: address.ip().to_string(),
        external_host: address.ip().to_string(),
        bind_port: address.port(),
        ..SchedulerConfig::default()
    }
    .with_override_session_builder(Arc::new(functions::session_state));
    config.scheduling_policy = settings::SCHEDULING;
    config.executor_timeout_seconds = settings::EXECUTOR_TIMEOUT.as_secs();
    config.expire_dead_executor_interval_seconds = settings::EXPIRY_CHECK.as_secs();
    config.no_executors_grace_period_seconds = settings::NO_EXECUTORS_GRACE.as_secs();
    // SUBTLE: by default results are deleted five minutes after the job ended, fetched or not.
    config.finished_job_data_clean_up_interval_seconds = settings::RESULTS_KEPT.as_secs();
    config.grpc_server_max_decoding_message_size = settings::MAX_MESSAGE_BYTES;
    config.grpc_server_max_encoding_message_size = settings::MAX_MESSAGE_BYTES;
    config.grpc_client_max_message_size = settings::MAX_MESSAGE_BYTES;
    config
}

/// Runs a scheduler until it is told to stop. `ready` is called with the address once it listens.
///
/// Jobs are kept in memory: they end with the process, and their clients submit them again.
///
/// # Errors
///
/// [`ClusterError::Listen`] when the address is taken; [`ClusterError::Engine`] when Ballista refuses to start.
pub async fn run_scheduler(
    options: &SchedulerOptions,
    stop: Stop,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ClusterError> {
    let wanted = SocketAddr::new(options.bind, options.port);
    let listen = |source| ClusterError::Listen {
        address: wanted,
        source,
    };
    let listener = TcpListener::bind(wanted).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    if let Some(warning) = exposed(address) {
        eprintln!("{warning}");
    }

    let engine = ClusterError::engine("scheduler");
    let config = config_for(address);
    config.validate().map_err(&engine)?;
    let cluster = BallistaCluster::new_from_config(&config)
        .await
        .map_err(&engine)?;
    let scheduler =
        create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config))
            .await
            .map_err(&engine)?;

    let size = settings::MAX_MESSAGE_BYTES as usize;
    let mut services = RoutesBuilder::default();
    services.add_service(
        SchedulerGrpcServer::new(scheduler.clone())
            .max_decoding_message_size(size)
            .max_encoding_message_size(size),
    );
    let routes = services
        .routes()
        .into_axum_router()
        .merge(status::routes(scheduler));

    ready(address);
    let told = stop.clone();
    let service = axum::serve(
        listener,
        routes.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        told.wait().await;
    })
    .into_future();
    tokio::pin!(service);
    let ended = tokio::select! {
        ended = &mut service => ended,
        // Connections of executors stay open for as long as these live.
        _ = stop.wait() => timeout(LAST_WORDS, service).await.unwrap_or(Ok(())),
    };
    ended.map_err(ClusterError::io(format!("serving on {address}")))
}
