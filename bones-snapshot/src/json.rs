//! What JSON must be beside its syntax.

use crate::data::DataError;

/// The bytes of JSON outside of its strings, each with its place; of a string its quotes.
fn outside_strings(json: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut in_string, mut escaped) = (false, false);
    json.bytes().enumerate().filter(move |(_, c)| {
        match c {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => {
                in_string = !in_string;
                return true;
            }
            _ => {}
        }
        !in_string
    })
}

/// Refuses JSON nested deeper than `limit`, without recursion.
pub(crate) fn check_depth(json: &str, limit: usize) -> Result<(), DataError> {
    let mut depth = 0_usize;
    for (byte, c) in outside_strings(json) {
        match c {
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                if depth > limit {
                    return Err(DataError::TooDeep { byte });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses `\u` escapes of half a character in JSON that is valid otherwise: no text holds them, and
/// kept word for word they would make every document that quotes them unreadable.
pub(crate) fn check_surrogates(json: &str) -> Result<(), DataError> {
    let mut rest = json;
    // Outside of strings valid JSON has no backslash.
    while let Some((before, escape)) = rest.split_once('\\') {
        let byte = json.len() - rest.len() + before.len();
        let lone = Err(DataError::Json {
            category: "lone surrogate",
            byte,
        });
        rest = match unit(escape) {
            Some((0xd800..0xdc00, after)) => match after.strip_prefix('\\').and_then(unit) {
                Some((0xdc00..0xe000, after)) => after,
                _ => return lone,
            },
            Some((0xdc00..0xe000, _)) => return lone,
            Some((_, after)) => after,
            None => escape.get(1..).unwrap_or_default(),
        };
    }
    Ok(())
}

/// Refuses numbers beyond what a double holds in JSON that is valid otherwise: many readers refuse them, and
/// kept word for word they would make every document that quotes them unreadable there.
pub(crate) fn check_numbers(json: &str) -> Result<(), DataError> {
    let mut number = None;
    for (byte, c) in outside_strings(json) {
        match (c, number) {
            (b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9', Some(_)) => {}
            (b'-' | b'0'..=b'9', None) => number = Some(byte),
            // Numbers stand in arrays and objects, so that something follows each.
            (_, Some(start)) => {
                let text = json.get(start..byte).unwrap_or_default();
                if serde_json::from_str::<f64>(text).is_err() {
                    return Err(DataError::Json {
                        category: "number out of range",
                        byte: start,
                    });
                }
                number = None;
            }
            (_, None) => {}
        }
    }
    Ok(())
}

/// The number of a `\u` escape, given what follows the backslash, and what follows the escape.
fn unit(escape: &str) -> Option<(u32, &str)> {
    let digits = escape.strip_prefix('u')?;
    let unit = u32::from_str_radix(digits.get(..4)?, 16).ok()?;
    Some((unit, digits.get(4..)?))
}
