//! How cost grows with size: a table, and a plot at the path given (`-- FILE.svg`).
//!
//! Bulk joins are to grow linearly, single writes and small deltas logarithmically.

use std::error::Error;

use lattice_benches::measure::{Contender, Role, race};
use lattice_benches::random::Random;
use lattice_benches::{delta, gset, lww, orset};
use lattice_core::JoinSemilattice;
use lattice_orset::GSet;
use plotters::prelude::*;

const SIZES: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Nanoseconds per unit at each size.
struct Line {
    name: &'static str,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

impl Line {
    fn new(name: &'static str, color: RGBColor) -> Self {
        Self {
            name,
            color,
            points: Vec::new(),
        }
    }

    fn measure(&mut self, n: usize, contender: Contender, units: usize, rounds: usize) {
        for row in race(vec![contender], units, rounds) {
            self.points.push((n as f64, row.nanos));
        }
    }
}

fn joined<T: JoinSemilattice>((mut a, b): (T, T)) -> T {
    a.join(b);
    a
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut lines = [
        Line::new("LwwMap join, per key", RED),
        Line::new("OrSet join, per element", BLUE),
        Line::new("GSet union, per hash", GREEN),
        Line::new("LwwMap write, per key", MAGENTA),
        Line::new("LwwMap delta of 1,000, per key", BLACK),
    ];
    let [map, set, union, write, small] = &mut lines;
    for n in SIZES {
        let rounds = (1_000_000 / n).clamp(3, 201);
        let (a, b) = lww::sides(n, 1);
        map.measure(
            n,
            Contender::made(
                Role::Own,
                "",
                move || (lww::ours(&a), lww::ours(&b)),
                joined,
            ),
            n,
            rounds,
        );
        let sides = orset::ours(&orset::history(n, 2));
        set.measure(n, Contender::new(Role::Own, "", sides, joined), n, rounds);
        let (a, b) = gset::sides(n, 3);
        let sides = move || {
            (
                a.iter().copied().collect::<GSet<_>>(),
                b.iter().copied().collect(),
            )
        };
        union.measure(n, Contender::made(Role::Own, "", sides, joined), n, rounds);
        let (side, more) = lww::sides(n, 4);
        let mut random = Random::new(5);
        let writes = move || -> Vec<lww::Entry> {
            (0..1_000)
                .map(|_| more[random.below(more.len() as u64) as usize])
                .collect()
        };
        let one_by_one = |map: &mut lww::OurMap, writes: Vec<lww::Entry>| {
            for entry in writes {
                map.write(entry.0, lww::write(entry));
            }
        };
        write.measure(
            n,
            Contender::ongoing(Role::Own, "", lww::ours(&side), writes, one_by_one),
            1_000,
            31,
        );
        if let Some(own) = delta::in_place(n, 1_000, 6).into_iter().next() {
            small.measure(n, own, 1_000, 31);
        }
    }
    println!(
        "| ns per unit at | {} |",
        lines.each_ref().map(|line| line.name).join(" | ")
    );
    println!("|---|{}", "---:|".repeat(lines.len()));
    for (at, n) in SIZES.iter().enumerate() {
        let cells = lines
            .each_ref()
            .map(|line| format!("{:.0}", line.points[at].1));
        println!("| {n} | {} |", cells.join(" | "));
    }
    if let Some(path) = std::env::args().skip(1).find(|arg| arg.ends_with(".svg")) {
        plot(&path, &lines)?;
    }
    Ok(())
}

fn plot(path: &str, lines: &[Line]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, (900, 560)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Cost per unit of work against size", ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (900.0..11_000_000.0).log_scale(),
            (5.0..4_000.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("entries on each side")
        .y_desc("ns per unit, thread time")
        .draw()?;
    for line in lines {
        let color = line.color;
        chart
            .draw_series(
                LineSeries::new(line.points.iter().copied(), color.stroke_width(2)).point_size(3),
            )?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    root.present()?;
    Ok(())
}
