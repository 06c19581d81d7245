//! Text as a terminal shows it.

use std::borrow::Cow;
use std::fmt::Display;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns assumed when standard output is no terminal.
const DEFAULT_WIDTH: usize = 100;

/// The width of the terminal, or of a page when there is none.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0))
}

/// What a terminal obeys: control characters, and those that turn the order of the characters around them.
fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text without anything a terminal would obey: logs are written by others. Line ends and tabs
/// stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let goes = |c: char| is_obeyed(c) && c != '\n' && c != '\t';
    if text.contains(goes) {
        text.replace(goes, "\u{fffd}").into()
    } else {
        text.into()
    }
}

/// Text on one line.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(is_obeyed, " ")
}

/// The text cut to so many columns, with an ellipsis when something was cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let mut used = 0_usize;
    let mut out = String::new();
    for c in text.chars() {
        used = used.saturating_add(c.width().unwrap_or(0));
        if used > room {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// The text filled with blanks to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

/// Bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    indicatif::BinaryBytes(count).to_string()
}

/// A count with its noun.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_a_log_holds() {
        let text = "a\u{202e}b\u{2066}c\u{1b}[2J\td\r\u{7}\u{9b}e\nשלום";
        assert_eq!(
            harmless(text),
            "a\u{fffd}b\u{fffd}c\u{fffd}[2J\td\u{fffd}\u{fffd}\u{fffd}e\nשלום"
        );
        assert_eq!(one_line(text), "a b c [2J d   e שלום");
    }
}
