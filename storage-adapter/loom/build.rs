//! Sets `cfg(loom)` for this crate alone; in `RUSTFLAGS` it would change dependencies too.

fn main() {
    println!("cargo::rustc-cfg=loom");
    println!("cargo::rustc-check-cfg=cfg(loom)");
}
