use lattice_core::{CausalContext, Dot, Map, Max, Set, laws};

#[test]
fn smoke() {
    let sets: Vec<Set<u8>> = (0..16u8)
        .map(|m| (0..4).filter(|b| m >> b & 1 == 1).collect())
        .collect();
    laws::check_all(&sets);
    laws::check_bottom(&sets);
    laws::check_decompose(&sets);
    laws::check_delta_since(&sets);
    let maps: Vec<Map<u8, Max<u8>>> = (0..27u8)
        .map(|m| {
            [m % 3, m / 3 % 3, m / 9]
                .into_iter()
                .enumerate()
                .filter(|(_, v)| *v > 0)
                .map(|(k, v)| (k as u8, Max(v)))
                .collect()
        })
        .collect();
    laws::check_all(&maps);
    laws::check_decompose(&maps);
    laws::check_delta_since(&maps);
    let ccs: Vec<CausalContext<u8>> = (0..64u8)
        .map(|m| {
            (0..6)
                .filter(|b| m >> b & 1 == 1)
                .map(|b| Dot::new(b / 4, u64::from(b % 4 + 1)))
                .collect()
        })
        .collect();
    laws::check_all(&ccs);
    laws::check_decompose(&ccs);
    laws::check_delta_since(&ccs);
}
