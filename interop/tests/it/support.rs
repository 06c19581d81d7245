//! Both sides over the same lines.

use interop::view::{Views, differences};
use interop::{ours, peer};

/// What both sides make of some lines.
pub(crate) struct Compared {
    pub(crate) peer: Views,
    pub(crate) ours: Views,
    /// Events both sides read.
    pub(crate) events: usize,
    /// Lines only our side reads: `bones-core` knows no other types and no malformed members.
    pub(crate) refused_by_peer: usize,
}

impl Compared {
    /// Reads the lines with both parsers and folds what both can read.
    pub(crate) fn new<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut peers, mut mine, mut refused_by_peer) = (Vec::new(), Vec::new(), 0);
        for line in lines {
            match (peer::parse(line), ours::parse(line)) {
                (Ok(None), Ok(None)) => {}
                (Ok(Some(peer)), Ok(Some(ours))) => {
                    peers.push(peer);
                    mine.push(ours);
                }
                (Err(_), Ok(Some(_))) => refused_by_peer += 1,
                (peer, ours) => panic!("one side alone reads {line:?}: {peer:?} against {ours:?}"),
            }
        }
        Self {
            peer: peer::replay(&peers),
            ours: ours::fold(&mine).unwrap(),
            events: peers.len(),
            refused_by_peer,
        }
    }

    pub(crate) fn differences(&self) -> Vec<String> {
        differences(&self.peer, &self.ours)
    }
}

/// One event line, its hash in hex or in base64url. Built here, not by the code under test.
pub(crate) fn line(
    wall_ts: i64,
    agent: &str,
    kind: &str,
    item: &str,
    data: &str,
    hex: bool,
) -> String {
    let columns = format!("{wall_ts}\t{agent}\titc:AQ\t\t{kind}\t{item}\t{data}");
    let hash = blake3::hash(format!("{columns}\n").as_bytes());
    let text = if hex {
        hash.to_hex().to_string()
    } else {
        data_encoding::BASE64URL_NOPAD.encode(hash.as_bytes())
    };
    format!("{columns}\tblake3:{text}")
}

/// The line with its hash in hex. The hash covers the other columns only, so the event is the same.
pub(crate) fn in_hex(line: &str) -> String {
    let Some((columns, base64)) = line.trim_end_matches('\r').rsplit_once("\tblake3:") else {
        return line.to_owned();
    };
    let Ok(bytes) = data_encoding::BASE64URL_NOPAD.decode(base64.as_bytes()) else {
        return line.to_owned();
    };
    if bytes.len() != 32 {
        return line.to_owned();
    }
    format!(
        "{columns}\tblake3:{}",
        data_encoding::HEXLOWER.encode(&bytes)
    )
}
