//! Making the functions known to a session.

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::SessionContext;

use crate::{aggregate, scalar};

/// The functions of this crate, for whoever keeps a registry of functions: a scheduler, an executor.
///
/// A function travels by its name, so everyone who takes part in a query needs all of them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Functions {
    /// Aggregates.
    pub aggregates: Vec<Arc<AggregateUDF>>,
    /// Functions of one row.
    pub scalars: Vec<Arc<ScalarUDF>>,
}

/// All functions of this crate.
///
/// ```
/// let functions = lattice_datafusion::functions();
/// let names: Vec<&str> = functions.aggregates.iter().map(|f| f.name()).collect();
/// assert_eq!(names, ["lattice_join", "lattice_redactions", "lattice_bytes"]);
/// ```
pub fn functions() -> Functions {
    Functions {
        aggregates: aggregate::all(),
        scalars: scalar::all(),
    }
}

/// Registers all functions of this crate with a session. Registering them again changes nothing.
pub fn register_all(ctx: &SessionContext) {
    let Functions {
        aggregates,
        scalars,
    } = functions();
    for aggregate in aggregates {
        ctx.register_udaf(AggregateUDF::clone(&aggregate));
    }
    for scalar in scalars {
        ctx.register_udf(ScalarUDF::clone(&scalar));
    }
}
