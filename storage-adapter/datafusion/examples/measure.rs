//! Makes up a log, compacts it in process, and says how fast and how large.
//!
//! ```text
//! measure EVENTS ITEMS [THREADS]
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "measures"
)]

use std::error::Error;
use std::num::NonZeroUsize;
use std::time::Instant;

use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use lattice_datafusion::generate::{self, Generate};
use lattice_datafusion::publish::Draft;
use lattice_datafusion::{CompactOptions, Place, compact, register_all};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |name: &str| -> Result<u64, Box<dyn Error>> {
        let text = arguments
            .next()
            .ok_or_else(|| format!("how many {name}?"))?;
        Ok(text.parse()?)
    };
    let mut what = Generate::new(number("events")?, number("items")?);
    let threads = NonZeroUsize::new(usize::try_from(number("threads").unwrap_or(2))?);
    what.threads = threads.ok_or("at least one thread")?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(what.threads.get())
        .build()?
        .block_on(measure(&what))
}

async fn measure(what: &Generate) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let place = Place::open(&dir.path().display().to_string())?;
    let rate = |begin: Instant| what.events as f64 / begin.elapsed().as_secs_f64();

    let begin = Instant::now();
    let made = generate::parquet(&dir.path().join("logs"), what)?;
    let (lines, files) = (made.line_bytes >> 20, made.file_bytes >> 20);
    println!(
        "made up:   {:.0} events/s, {lines} MiB of lines, {files} MiB of Parquet",
        rate(begin)
    );
    println!("           {}", memory());

    let config = SessionConfig::new().with_target_partitions(what.threads.get());
    let ctx = SessionContext::new_with_config(config);
    register_all(&ctx);
    let logs = place.join("logs");
    ctx.register_parquet("events", logs.url().as_str(), ParquetReadOptions::default())
        .await?;
    let begin = Instant::now();
    let plan = compact(&ctx, "events", &CompactOptions::default()).await?;
    let draft = Draft::begin(&place.join("results"), "measured").await?;
    let written = draft.write_snapshots(plan.execute_stream().await?).await?;
    let manifest = draft.publish().await?;
    let bytes: u64 = manifest.files().map(|file| file.bytes).sum();
    let (items, mib) = (written.rows, bytes >> 20);
    println!(
        "compacted: {:.0} events/s to {items} snapshots, {mib} MiB of Parquet",
        rate(begin)
    );
    println!("           {}", memory());
    Ok(())
}

/// What the process takes now, and took at most, where the system says so.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let told = |line: &&str| line.starts_with("VmHWM") || line.starts_with("VmRSS");
    let lines: Vec<String> = status
        .lines()
        .filter(told)
        .map(|line| line.replace('\t', " "))
        .collect();
    lines.join(", ")
}
