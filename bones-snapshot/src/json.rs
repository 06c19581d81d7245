//! What JSON must be beside its syntax.

use crate::data::DataError;

/// Refuses JSON nested deeper than `limit`, without recursion.
pub(crate) fn check_depth(json: &str, limit: usize) -> Result<(), DataError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (byte, c) in json.bytes().enumerate() {
        match c {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
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
    let (mut in_string, mut escaped, mut number) = (false, false, None);
    for (byte, c) in json.bytes().enumerate() {
        match c {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9' if number.is_some() => {}
            b'-' | b'0'..=b'9' => number = Some(byte),
            // Numbers stand in arrays and objects, so that something follows each.
            _ => {
                if let Some(start) = number.take()
                    && let Some(text) = json.get(start..byte)
                    && serde_json::from_str::<f64>(text).is_err()
                {
                    return Err(DataError::Json {
                        category: "number out of range",
                        byte: start,
                    });
                }
            }
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
