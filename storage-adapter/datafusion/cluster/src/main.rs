//! `lattice-cluster`: the scheduler, the executors and the client of a cluster, in one binary.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use lattice_cluster::settings;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    env_logger::Builder::new()
        .filter_level(arguments.log)
        .target(env_logger::Target::Stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(settings::STACK_BYTES)
        .build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(cli::run(arguments.command));
            // SUBTLE: whoever reads standard input sits in a thread that nothing can wake; do not wait for it.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(lattice_cluster::ClusterError::io("starting threads")(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
