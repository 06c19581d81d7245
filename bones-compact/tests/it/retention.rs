//! Which commits stay readable: the laws, the bounds, and what errs.

mod bounds;
mod clock;
mod config;
mod edges;
mod known_bad;
mod laws;
mod long;
mod model;
mod pins;
