//! The members of a JSON object in one pass, for objects as events hold them.
//!
//! Reads no other JSON than `serde_json` does, and reads it the same way; it declines what it would
//! have to look at twice (see [`scan`]), which the general reader then takes or refuses. So it never
//! has to say what is wrong with a document.

use memchr::{memchr, memchr2};

/// The members of an object, in source order, as `member` makes them of key and raw value: keys without their
/// quotes, values word for word.
///
/// `None` for everything that is no JSON object, and for objects that
///
/// - hold control characters, which in JSON may only be white space between tokens;
/// - have a key with an escape;
/// - hold an escape of half a character (`\ud800` to `\udfff`), be it paired or lone;
/// - hold a number with an exponent or of more than 300 bytes, which may be beyond what a double holds;
/// - are nested deeper than `depth`, at most 127.
///
/// One pass, linear in the length of the text.
pub(crate) fn scan<'a, T>(
    json: &'a str,
    depth: usize,
    member: impl Fn(&'a str, &'a str) -> T,
) -> Option<Vec<T>> {
    // One pass that the compiler turns into wide instructions, so that strings need no look at each byte.
    if json.bytes().fold(u8::MAX, u8::min) < b' ' {
        return None;
    }
    let mut scanner = Scanner { json, at: 0 };
    let members = scanner.members(depth.min(127).checked_sub(1)?, member)?;
    scanner.skip_spaces();
    (scanner.at == json.len()).then_some(members)
}

/// The elements of an array within what [`scan`] has read, in source order, word for word. `None` for values that are
/// no arrays.
pub(crate) fn elements(raw: &str) -> Option<Vec<&str>> {
    let mut scanner = Scanner { json: raw, at: 0 };
    let mut elements = Vec::new();
    scanner.expect(b'[')?;
    scanner.skip_spaces();
    if scanner.peek()? == b']' {
        return Some(elements);
    }
    loop {
        let start = scanner.at;
        scanner.value(127)?;
        elements.push(scanner.since(start)?);
        scanner.skip_spaces();
        match scanner.next()? {
            b',' => scanner.skip_spaces(),
            b']' => return Some(elements),
            _ => return None,
        }
    }
}

/// The text of a JSON string that [`scan`] has read: without its quotes, escapes resolved. `None` for
/// values that are no strings.
pub(crate) fn unescape(raw: &str) -> Option<std::borrow::Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let Some(first) = memchr(b'\\', inner.as_bytes()) else {
        return Some(inner.into());
    };
    let mut text = String::with_capacity(inner.len());
    let (plain, mut rest) = inner.split_at_checked(first)?;
    text.push_str(plain);
    while let Some(escape) = rest.strip_prefix('\\') {
        let (code, after) = escape.split_at_checked(1)?;
        let (c, after) = match code.as_bytes() {
            [b'n'] => ('\n', after),
            [b't'] => ('\t', after),
            [b'r'] => ('\r', after),
            [b'b'] => ('\u{8}', after),
            [b'f'] => ('\u{c}', after),
            [b'u'] => {
                let (digits, after) = after.split_at_checked(4)?;
                (char::from_u32(hex(digits)?)?, after)
            }
            [c @ (b'"' | b'\\' | b'/')] => (char::from(*c), after),
            _ => return None,
        };
        text.push(c);
        let plain = memchr(b'\\', after.as_bytes()).unwrap_or(after.len());
        let (plain, next) = after.split_at_checked(plain)?;
        text.push_str(plain);
        rest = next;
    }
    Some(text.into())
}

/// The number of four hexadecimal digits. `from_str_radix` would take a sign, too.
fn hex(digits: &str) -> Option<u32> {
    let all = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| all)
}

/// A cursor over JSON without control characters.
struct Scanner<'a> {
    json: &'a str,
    at: usize,
}

/// The arrays and objects that are open within a member, innermost in the lowest bit: 1 for objects.
#[derive(Clone, Copy)]
struct Open {
    kinds: u128,
    depth: usize,
    limit: usize,
}

impl Open {
    fn push(&mut self, is_object: bool) -> Option<()> {
        self.depth += 1;
        self.kinds = (self.kinds << 1) | u128::from(is_object);
        (self.depth <= self.limit).then_some(())
    }

    fn pop(&mut self, is_object: bool) -> Option<()> {
        let innermost = self.kinds & 1 == 1;
        self.kinds >>= 1;
        self.depth = self.depth.checked_sub(1)?;
        (innermost == is_object).then_some(())
    }
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn since(&self, start: usize) -> Option<&'a str> {
        self.json.get(start..self.at)
    }

    fn members<T>(
        &mut self,
        limit: usize,
        member: impl Fn(&'a str, &'a str) -> T,
    ) -> Option<Vec<T>> {
        let mut members = Vec::with_capacity(8);
        self.skip_spaces();
        self.expect(b'{')?;
        self.skip_spaces();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(members);
        }
        loop {
            let start = self.at;
            let has_escapes = self.string()?;
            let key = self.since(start)?.get(1..self.at - start - 1)?;
            if has_escapes {
                return None;
            }
            self.colon()?;
            let start = self.at;
            self.value(limit)?;
            members.push(member(key, self.since(start)?));
            self.skip_spaces();
            match self.next()? {
                b',' => self.skip_spaces(),
                b'}' => return Some(members),
                _ => return None,
            }
        }
    }

    /// The colon after a key, and the spaces around it.
    fn colon(&mut self) -> Option<()> {
        self.skip_spaces();
        self.expect(b':')?;
        self.skip_spaces();
        Some(())
    }

    /// One value, however deep, up to its last byte. Without recursion.
    fn value(&mut self, limit: usize) -> Option<()> {
        let mut open = Open {
            kinds: 0,
            depth: 0,
            limit,
        };
        loop {
            // A value begins here.
            match self.peek()? {
                b'"' => _ = self.string()?,
                b'{' => {
                    self.at += 1;
                    open.push(true)?;
                    self.skip_spaces();
                    if self.peek()? != b'}' {
                        self.string()?;
                        self.colon()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    open.push(false)?;
                    self.skip_spaces();
                    if self.peek()? != b']' {
                        continue;
                    }
                }
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => self.number()?,
            }
            // A value, or the last of its parts, ends here.
            loop {
                if open.depth == 0 {
                    return Some(());
                }
                self.skip_spaces();
                match self.next()? {
                    b',' => break,
                    b'}' => open.pop(true)?,
                    b']' => open.pop(false)?,
                    _ => return None,
                }
            }
            self.skip_spaces();
            if open.kinds & 1 == 1 {
                self.string()?;
                self.colon()?;
            }
        }
    }

    /// A string. Says whether it holds escapes.
    fn string(&mut self) -> Option<bool> {
        self.expect(b'"')?;
        let mut has_escapes = false;
        loop {
            let rest = self.json.as_bytes().get(self.at..)?;
            self.at += memchr2(b'"', b'\\', rest)? + 1;
            if self.json.as_bytes().get(self.at - 1) == Some(&b'"') {
                return Some(has_escapes);
            }
            has_escapes = true;
            match self.next()? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' => {
                    let start = self.at;
                    self.at += 4;
                    let unit = hex(self.since(start)?)?;
                    if (0xd800..0xe000).contains(&unit) {
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.json.get(self.at..)?;
        self.at += word.len();
        rest.starts_with(word).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        // No leading zeros.
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let is_plain = !matches!(self.peek(), Some(b'e' | b'E')) && self.at - start <= 300;
        is_plain.then_some(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}
