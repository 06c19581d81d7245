//! A job and what surrounds it: a deadline for each try, another try when that can help, and news on the way.

mod attempt;
mod tries;
mod verdict;

pub use attempt::{JobOptions, News, Report, run};
pub use tries::Tries;
