//! Printing: results to standard output, everything else to standard error.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use storage_adapter::BadLine;

use crate::error::CliError;
use crate::terminal::harmless;

/// Where results go, and in which form.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result: as one line of JSON, or as its text.
    pub(crate) fn print<R: Serialize + Display>(&self, result: &R) -> Result<(), CliError> {
        self.print_more(result).map(drop)
    }

    /// Prints one of many results; false when nobody reads any more.
    pub(crate) fn print_more<R: Serialize + Display>(&self, result: &R) -> Result<bool, CliError> {
        let text = if self.json {
            let mut json = serde_json::to_string(result).map_err(CliError::Json)?;
            json.push('\n');
            json
        } else {
            result.to_string()
        };
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            // Whoever reads has seen enough, as `head` does.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            result => result.map(|()| true).map_err(CliError::Stdout),
        }
    }
}

/// A path in a report: what of it is no text is replaced, since JSON holds nothing else.
pub(crate) fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// A line that was left out, in a report.
#[derive(Debug, Serialize)]
pub(crate) struct Skipped {
    #[serde(serialize_with = "path")]
    file: PathBuf,
    line: u64,
    byte: u64,
    reason: String,
}

impl Skipped {
    /// Tells of each line, and gives them for the report.
    pub(crate) fn tell(lines: Vec<BadLine>) -> Vec<Self> {
        let told = lines.into_iter().map(|bad| {
            note(&bad);
            Self {
                reason: bad.why.to_string(),
                file: bad.path,
                line: bad.line,
                byte: bad.offset,
            }
        });
        told.collect()
    }
}

/// Says something beside the result. A closed standard error is nobody's loss.
pub(crate) fn note(text: impl Display) {
    let text = text.to_string();
    let _ = writeln!(io::stderr(), "{}", harmless(&text));
}

/// Says that something needs attention though the command goes on.
pub(crate) fn warning(text: impl Display) {
    note(format_args!("warning: {text}"));
}

/// Reports why the command failed, with the chain of causes.
pub(crate) fn error(error: &CliError) {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        // Many messages quote their cause already.
        if !text.contains(&message) {
            let _ = write!(text, "\n  because: {message}");
        }
        cause = error.source();
    }
    note(text);
}
