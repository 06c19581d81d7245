//! Which moment of which scope to read, and what was found there.

use std::fmt;

use bones_snapshot::Order;
use clap::Args;
use serde::Serialize;
use storage_adapter::{At, Moment, View};

use crate::error::CliError;
use crate::time;

/// Which moment to read, and in which scope.
#[derive(Debug, Args)]
pub(crate) struct MomentArgs {
    /// Read what was known after the commit of this number, or at this time in RFC 3339. When that commit is no
    /// longer told apart, the nearest readable one before it is read, and the output says so.
    #[arg(long, value_name = "COMMIT|TIME")]
    at: Option<String>,
    /// Read in this scope: the base, and what the scope lays over it.
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
}

impl MomentArgs {
    /// What was asked for, before any store is opened.
    pub(crate) fn ask(self) -> Result<Asked, CliError> {
        Ok(Asked {
            at: self.at.as_deref().map(time::moment).transpose()?,
            scope: self.scope,
        })
    }
}

/// A moment that was asked for.
pub(crate) struct Asked {
    at: Option<At>,
    scope: Option<String>,
}

impl Asked {
    /// The moment, and where it lies if it was asked for by commit or time.
    pub(crate) fn read<'v, S: Order>(
        &self,
        view: &'v View<S>,
    ) -> Result<(Moment<'v, S>, Option<Place>), CliError> {
        let moment = match self.at {
            None => view.now(),
            Some(at) => view.at(at)?,
        };
        let place = self.at.map(|_| Place {
            exact: moment.is_exact(),
            commit: moment.commit(),
            time: time::show(moment.time_micros()),
            time_micros: moment.time_micros(),
            scope: self.scope.clone(),
        });
        Ok((self.within(moment)?, place))
    }

    /// The same scope now.
    pub(crate) fn now<'v, S: Order>(&self, view: &'v View<S>) -> Result<Moment<'v, S>, CliError> {
        self.within(view.now())
    }

    fn within<'v, S: Order>(&self, moment: Moment<'v, S>) -> Result<Moment<'v, S>, CliError> {
        Ok(match &self.scope {
            None => moment,
            Some(name) => moment.in_scope(name)?,
        })
    }
}

/// The moment that was read.
#[derive(Serialize)]
pub(crate) struct Place {
    exact: bool,
    commit: u64,
    time: String,
    time_micros: u64,
    scope: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.exact { "exact" } else { "nearest" };
        writeln!(f, "{word}: commit {} of {}", self.commit, self.time)
    }
}
