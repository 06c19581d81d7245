//! From a failing list of steps to a short one.

use crate::step::Step;

/// The least list that delta debugging finds: no single step can be taken out of it, and the rest
/// still fails.
///
/// `fails` is asked of at most `budget` lists.
pub fn shrink(steps: &[Step], budget: usize, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut steps = steps.to_vec();
    let mut asked = 0;
    let mut size = steps.len().div_ceil(2).max(1);
    loop {
        let mut shorter = false;
        let mut at = 0;
        while at < steps.len() && asked < budget {
            let mut without = steps.clone();
            without.drain(at..(at + size).min(steps.len()));
            asked += 1;
            if fails(&without) {
                steps = without;
                shorter = true;
            } else {
                at += size;
            }
        }
        if asked >= budget || (size == 1 && !shorter) {
            return steps;
        }
        // At single steps, go round until nothing more goes.
        size = (size / 2).max(1);
    }
}
