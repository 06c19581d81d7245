//! Times: microseconds since the Unix epoch inside, RFC 3339 outside.

use std::time::Duration;

use jiff::Timestamp;
use storage_adapter::At;

use crate::error::CliError;

/// Reads a time, or the clock when none is given.
pub(crate) fn micros_or_now(text: Option<&str>) -> Result<u64, CliError> {
    let Some(text) = text else {
        return Ok(now());
    };
    micros(text).map_err(|why| CliError::Time {
        text: text.to_owned(),
        why,
    })
}

fn micros(text: &str) -> Result<u64, String> {
    let time: Timestamp = text.parse().map_err(|e: jiff::Error| e.to_string())?;
    u64::try_from(time.as_microsecond()).map_err(|_| "it lies before 1970".into())
}

/// Reads a moment: the number of a commit, or a time.
pub(crate) fn moment(text: &str) -> Result<At, CliError> {
    if let Ok(commit) = text.parse() {
        return Ok(At::Commit(commit));
    }
    let time = micros(text).map(At::Time);
    time.map_err(|why| CliError::Moment {
        text: text.to_owned(),
        why,
    })
}

/// The clock. A clock before 1970 reads as 1970.
pub(crate) fn now() -> u64 {
    u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0)
}

/// A time for people; the bare number when it is none of this calendar.
pub(crate) fn show(micros: u64) -> String {
    if micros == 0 {
        return "unknown".into();
    }
    i64::try_from(micros)
        .ok()
        .and_then(|m| Timestamp::from_microsecond(m).ok())
        .map_or_else(|| format!("{micros} us"), |t| t.to_string())
}

/// A span of time for people.
pub(crate) fn span(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}
