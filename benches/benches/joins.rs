//! Joins of our own types, watched over time.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lattice_benches::{gset, lww, orset};
use lattice_core::JoinSemilattice;
use lattice_orset::GSet;

fn joined<T: JoinSemilattice>((mut a, b): (T, T)) -> T {
    a.join(b);
    a
}

fn bench<T: JoinSemilattice + Clone>(
    c: &mut Criterion,
    name: &str,
    sides: impl Fn(usize) -> (T, T),
) {
    let mut group = c.benchmark_group(name);
    for n in [1_000, 10_000, 100_000] {
        let sides = sides(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &sides, |b, sides| {
            b.iter_batched(|| sides.clone(), joined, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn joins(c: &mut Criterion) {
    bench(c, "LwwMap join", |n| {
        let (a, b) = lww::sides(n, 1);
        (lww::ours(&a), lww::ours(&b))
    });
    bench(c, "OrSet join", |n| orset::ours(&orset::history(n, 2)));
    bench(c, "GSet union", |n| {
        let (a, b) = gset::sides(n, 3);
        (
            a.into_iter().collect::<GSet<_>>(),
            b.into_iter().collect::<GSet<_>>(),
        )
    });
}

criterion_group!(benches, joins);
criterion_main!(benches);
