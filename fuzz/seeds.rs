//! Writes what the fuzz targets start from into `seeds/`: the golden payloads, the lines of the
//! synthetic log, clocks in both text forms.

use std::fs;
use std::io;
use std::path::Path;

use lattice_lww::ItcClock;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let payloads = seeds(here, "payload_decode")?;
    for entry in fs::read_dir(here.join("../bones-snapshot/tests/golden"))? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let hex: String = lines.collect();
        let name = path.file_stem().unwrap_or_default();
        fs::write(payloads.join(name), bytes(&hex)?)?;
    }
    let events = seeds(here, "event_line")?;
    for entry in fs::read_dir(here.join("../tests-e2e/data/dirty/.bones/events"))? {
        let text = fs::read(entry?.path())?;
        for line in text.split(|byte| *byte == b'\n') {
            let columns: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
            // One of each type and shape is enough: the first of each length of data.
            if let [_, _, _, _, kind, _, data, _] = columns.as_slice() {
                let name = format!("{}-{}", String::from_utf8_lossy(kind).replace('/', "_"), data.len());
                fs::write(events.join(name.chars().take(80).collect::<String>()), line)?;
            }
        }
    }
    let clocks = seeds(here, "itc_text")?;
    let mut a = ItcClock::seed();
    for step in 0..12_u8 {
        let mut b = a.fork().map_err(io::Error::other)?;
        for _ in 0..=step {
            b.event().map_err(io::Error::other)?;
        }
        a.observe(&b.stamp()).map_err(io::Error::other)?;
        a.event().map_err(io::Error::other)?;
        let pair = format!("{}{}", a.to_text_v1(), b.to_text_v3());
        fs::write(clocks.join(step.to_string()), pair)?;
    }
    Ok(())
}

fn seeds(here: &Path, target: &str) -> io::Result<std::path::PathBuf> {
    let folder = here.join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn bytes(hex: &str) -> io::Result<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok());
    let bytes: Option<Vec<u8>> = digits.map(byte).collect();
    bytes.ok_or_else(|| io::Error::other("a golden payload is not in hex"))
}
