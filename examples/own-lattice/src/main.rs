//! A lattice of one's own: what a weather station knows, joined field by field.

use lattice_core::{Bottom, JoinSemilattice, Map, Max, Min, Set};

/// What is known of one day. Two stations that watched different hours join what they saw.
#[derive(Debug, Clone, PartialEq, Eq, JoinSemilattice, Bottom)]
struct Day {
    coldest: Option<Min<i32>>,
    warmest: Option<Max<i32>>,
    seen: Set<&'static str>,
    rain_by_hour: Map<u8, Max<u32>>,
}

fn observed(degrees: i32, bird: &'static str, hour: u8, rain: u32) -> Day {
    Day {
        coldest: Some(Min(degrees)),
        warmest: Some(Max(degrees)),
        seen: Set::from_iter([bird]),
        rain_by_hour: Map::from_iter([(hour, Max(rain))]),
    }
}

fn main() {
    let morning = observed(-3, "wren", 8, 0);
    let noon = observed(11, "crow", 12, 4);
    let day = morning.clone().joined(noon.clone());
    assert!(morning.leq(&day) && noon.leq(&day));
    assert_eq!(day, noon.joined(morning));
    println!("{day:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use lattice_core::laws;

    #[test]
    fn a_day_is_a_lattice() {
        let states = [
            Day::bottom(),
            observed(-3, "wren", 8, 0),
            observed(-3, "crow", 8, 7),
            observed(11, "crow", 12, 4),
        ];
        laws::check_all(&states);
        laws::check_bottom(&states);
    }
}
