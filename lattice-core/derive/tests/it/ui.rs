//! The compiler's whole output for each file of `tests/ui`.
//!
//! Where the macro finds nothing to say, the words are rustc's, which rewords them now and then: these are
//! those of 1.95. To renew them, run with `TRYBUILD=overwrite` and read the difference.

#[rustversion::attr(
    not(stable(1.95)),
    ignore = "another compiler has other words for the same refusals"
)]
#[test]
fn every_refusal_says_why() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
