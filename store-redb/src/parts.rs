//! Which tables the log consists of.

use redb::{ReadableTable, TableDefinition, TableError, WriteTransaction};

use crate::value::{Key, Mark, encode};

/// The list of parts, the header and the format.
pub(crate) const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("lattice log");

pub(crate) const FORMAT_KEY: &str = "format";
pub(crate) const HEADER_KEY: &str = "header";
/// Numbers of the parts in their order, 8 bytes each.
pub(crate) const PARTS_KEY: &str = "parts";
/// The number that the next part gets, so that none is used twice.
pub(crate) const NEXT_KEY: &str = "next";
/// Present while the file may hold bytes of what was replaced.
pub(crate) const SHRINK_KEY: &str = "shrink";

const PREFIX: &str = "lattice log part ";

/// The name of the table of a part.
pub(crate) fn name(part: u64) -> String {
    format!("{PREFIX}{part:016x}")
}

/// The part with this name; `None` for the tables of others.
pub(crate) fn parse_name(table: &str) -> Option<u64> {
    let digits = table.strip_prefix(PREFIX)?;
    let part = u64::from_str_radix(digits, 16).ok()?;
    (name(part) == table).then_some(part)
}

/// The table with this name.
pub(crate) fn table(name: &str) -> TableDefinition<'_, Key, &'static [u8]> {
    TableDefinition::new(name)
}

pub(crate) fn encode_list(parts: &[u64]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.to_le_bytes()).collect()
}

pub(crate) fn decode_list(bytes: &[u8]) -> Option<Vec<u64>> {
    let (words, odd) = bytes.as_chunks::<8>();
    let parts = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    odd.is_empty().then_some(parts)
}

/// Makes the table of a part, under a number never used before.
pub(crate) fn begin(transaction: &WriteTransaction) -> Result<u64, redb::Error> {
    let mut meta = transaction.open_table(META)?;
    let next = meta
        .get(NEXT_KEY)?
        .and_then(|next| next.value().try_into().ok());
    let part = next.map_or(0, u64::from_le_bytes);
    let next = part.saturating_add(1).to_le_bytes();
    meta.insert(NEXT_KEY, &next[..])?;
    transaction.open_table(table(&name(part)))?;
    Ok(part)
}

/// Puts a list in force.
pub(crate) fn list(transaction: &WriteTransaction, parts: &[u64]) -> Result<(), redb::Error> {
    let mut meta = transaction.open_table(META)?;
    meta.insert(PARTS_KEY, &encode_list(parts)[..])?;
    Ok(())
}

/// Removes the tables of these parts, those that are there.
pub(crate) fn delete(transaction: &WriteTransaction, parts: &[u64]) -> Result<(), redb::Error> {
    for part in parts {
        match transaction.delete_table(table(&name(*part))) {
            Ok(_) | Err(TableError::TableDoesNotExist(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes the mark of a commit.
pub(crate) fn mark(
    transaction: &WriteTransaction,
    part: u64,
    commit: u64,
    mark: Mark,
) -> Result<(), redb::Error> {
    let name = name(part);
    let mut table = transaction.open_table(table(&name))?;
    table.insert((commit, 0), &mark.encode(commit)[..])?;
    Ok(())
}

/// Writes frames, the first one at this place of the commit.
pub(crate) fn put<'a>(
    transaction: &WriteTransaction,
    part: u64,
    (commit, first): Key,
    frames: impl IntoIterator<Item = (u8, &'a [u8])>,
) -> Result<(), redb::Error> {
    let name = name(part);
    let mut table = transaction.open_table(table(&name))?;
    for (index, (kind, body)) in (first..).zip(frames) {
        let key = (commit, index);
        table.insert(key, &encode(key, kind, body)[..])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{decode_list, encode_list, name, parse_name};

    #[test]
    fn only_names_of_parts_are_parts() {
        for part in [0, 17, u64::MAX] {
            assert_eq!(parse_name(&name(part)), Some(part));
        }
        for other in [
            "lattice log",
            "lattice log part 1",
            "lattice log part +000000000000001",
            "x",
        ] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn lists_read_back() {
        for parts in [&[][..], &[1], &[5, 2, u64::MAX]] {
            assert_eq!(decode_list(&encode_list(parts)).as_deref(), Some(parts));
        }
        assert_eq!(decode_list(&[0; 9]), None);
    }
}
