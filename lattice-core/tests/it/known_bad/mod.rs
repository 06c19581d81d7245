//! Designs that look right, are found in the field, and are wrong. Each is written out as its authors
//! would write it, and the law that names its mistake must catch it. Where there is a right way, it
//! stands beside and must pass.

mod capped_antichain;
mod coverage_claim;
mod known_elements_only;
mod next_best_redaction;
mod one_winner;
mod snapshot_without_context;
mod summed_count;
mod text_keyed_set;
mod value_in_key;
