//! The log as files: one for each month, lines in the order they arrived, some of them twice.

use std::collections::BTreeMap;
use std::path::Path;

use bones_snapshot::{FIELD_COMMENT, SHARD_HEADER, parse_hash};
use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::history::Line;
use super::plan::HOUR;
use super::random::Random;
use crate::error::CliError;

/// What was written to disk.
#[derive(Debug, Default)]
pub(super) struct Shards {
    pub(super) files: usize,
    pub(super) lines: usize,
    pub(super) duplicates: usize,
    /// Lines with an earlier time than the line before them.
    pub(super) backwards: usize,
    pub(super) bytes: u64,
}

/// Writes the lines into an events folder.
pub(super) fn write(
    random: &mut Random,
    lines: &[Line],
    folder: &Path,
) -> Result<Shards, CliError> {
    let mut arrivals: Vec<(u64, i64, String)> = Vec::new();
    let mut shards = Shards::default();
    for line in lines {
        let delay = random.below(2 * HOUR);
        arrivals.push((
            line.at.saturating_add(delay),
            line.wall_ts,
            line.text.clone(),
        ));
        // Merges of branches bring lines again, older tools in another spelling.
        if random.percent(3) {
            let again = line.at.saturating_add(random.below(240 * HOUR));
            let text = if random.percent(50) {
                in_hex(&line.text)
            } else {
                line.text.clone()
            };
            arrivals.push((again, line.wall_ts, text));
            shards.duplicates = shards.duplicates.saturating_add(1);
        }
    }
    arrivals.sort();
    shards.lines = arrivals.len();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut before = i64::MIN;
    for (at, wall_ts, text) in arrivals {
        shards.backwards = shards
            .backwards
            .saturating_add(usize::from(wall_ts < before));
        before = wall_ts;
        let file = files
            .entry(month(at))
            .or_insert_with(|| format!("{SHARD_HEADER}\n{FIELD_COMMENT}\n"));
        file.push_str(&text);
        file.push('\n');
    }
    std::fs::create_dir_all(folder).map_err(CliError::io("make the directory", folder))?;
    shards.files = files.len();
    for (month, text) in files {
        shards.bytes = shards.bytes.saturating_add(text.len() as u64);
        let path = folder.join(format!("{month}.events"));
        std::fs::write(&path, text).map_err(CliError::io("write", &path))?;
    }
    Ok(shards)
}

/// Name of the file for a time.
fn month(micros: u64) -> String {
    i64::try_from(micros)
        .ok()
        .and_then(|micros| Timestamp::from_microsecond(micros).ok())
        .map_or_else(|| "later".into(), |time| time.strftime("%Y-%m").to_string())
}

/// The line with its hash spelled in hex: the same event.
fn in_hex(line: &str) -> String {
    let Some((columns, hash)) = line.rsplit_once('\t') else {
        return line.to_owned();
    };
    match parse_hash(hash) {
        Ok(hash) => format!("{columns}\tblake3:{}", HEXLOWER.encode(&hash.0)),
        Err(_) => line.to_owned(),
    }
}
