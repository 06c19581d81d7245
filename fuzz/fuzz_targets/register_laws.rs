//! Registers built by any sequence of writes, redactions and joins: the laws are the oracle.
#![no_main]

use arbitrary::Arbitrary;
use lattice_core::laws;
use lattice_lww::{EventHash, Lamport, LwwRegister, Unstamped, Write, WriteKey};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug, Clone, Copy)]
struct Op {
    register: u8,
    stamp: u8,
    wall: u8,
    agent: u8,
    hash: u8,
    value: u8,
    kind: u8,
}

fn run<S: lattice_lww::Stamp + std::fmt::Debug>(ops: &[Op], stamp: impl Fn(u8) -> S) {
    let mut registers: Vec<LwwRegister<u8, S, u8>> = vec![LwwRegister::new(); 3];
    for op in ops.iter().take(24) {
        let place = usize::from(op.register % 3);
        let hash = EventHash([op.hash % 4; 32]);
        if op.kind % 5 == 0 {
            registers[place].redact(|h| *h == hash);
            continue;
        }
        registers[place].write(Write::new(
            WriteKey {
                stamp: stamp(op.stamp % 4),
                wall_ts: u64::from(op.wall % 3),
                agent_id: op.agent % 2,
                event_hash: hash,
            },
            op.value % 3,
        ));
    }
    laws::check_all(&registers);
}

fuzz_target!(|ops: Vec<Op>| {
    run(&ops, |_| Unstamped);
    run(&ops, |t| Lamport(u64::from(t)));
});
