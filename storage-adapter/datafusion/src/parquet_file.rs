//! How Parquet files are written.

use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;

/// Rows of a row group: what one task reads at least.
const ROWS: usize = 128 << 10;
/// Bytes of a row group before compression, where rows are long.
const BYTES: usize = 128 << 20;
/// Columns in which no value is like another.
const UNLIKE: [&str; 5] = ["event_hash", "delta", "line", "snapshot", "snapshot_id"];

/// Row groups of 128 Ki rows or 128 MiB, zstd at its quickest. Payloads, hashes and lines get neither a dictionary nor
/// statistics: both cost and tell nothing.
pub(crate) fn writer_properties() -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("lattice-datafusion ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROWS))
        .set_max_row_group_bytes(Some(BYTES));
    for column in UNLIKE.map(ColumnPath::from) {
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    Ok(properties.build())
}
