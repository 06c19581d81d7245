"""The small values inside events: hashes, words, texts, item ids. How each is read, and when it cannot be."""

import base64
import re

PHASES = ("open", "doing", "done", "archived")
WORDS = {
    "kind": {word: word for word in ("task", "goal", "bug")},
    "urgency": {word: word for word in ("urgent", "default", "punt")},
    "size": {"xxs": "xs", "xs": "xs", "s": "s", "m": "m", "l": "l", "xl": "xl", "xxl": "xl"},
    "state": {word: word for word in PHASES},
}
BLOCKING = ("blocks", "blocked_by")
RELATED = ("related_to", "related", "relates")

# The characters of the Unicode property White_Space. `str.strip()` alone also takes U+001C..U+001F.
WHITE_SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Malformed(Exception):
    """A known member whose value cannot be read: it is no write and stays in `other`."""


def decode_hash(text):
    """The 32 bytes behind `blake3:` + 64 hex digits or 43 base64url characters, else None."""
    if not isinstance(text, str) or not text.startswith("blake3:"):
        return None
    body = text[len("blake3:") :]
    if re.fullmatch(r"[0-9a-fA-F]{64}", body):
        return bytes.fromhex(body)
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", body):
        return None
    raw = base64.urlsafe_b64decode(body + "=")
    # 43 characters hold 258 bits; the last two must be zero or two texts would name one hash.
    return raw if hash_text(raw) == text else None


def hash_text(raw):
    return "blake3:" + base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def read_item_id(text):
    return text.strip(WHITE_SPACE).lower()


def is_blank(text):
    trimmed = text.strip(" ")
    return trimmed == "" or trimmed.startswith("\0")


def is_item_ref(text):
    return re.match(r"[a-z]{2,3}-", text) is not None


def read_text(value):
    if not isinstance(value, str):
        raise Malformed
    return value


def read_text_or_none(value):
    return None if value is None else read_text(value) or None


def read_parent(value):
    parent = read_text_or_none(value)
    if parent is not None and not is_item_ref(parent):
        raise Malformed
    return parent


def read_word(words, value):
    word = read_text(value).strip(WHITE_SPACE).translate(ASCII_LOWER)
    if word not in words:
        raise Malformed
    return words[word]


def read_size(value):
    return None if value is None else read_word(WORDS["size"], value)


# Each register a client can write: its reader, and what a create writes when it cannot be read.
REGISTERS = {
    "title": (read_text, ""),
    "description": (read_text_or_none, None),
    "kind": (lambda value: read_word(WORDS["kind"], value), "task"),
    "size": (read_size, None),
    "urgency": (lambda value: read_word(WORDS["urgency"], value), "default"),
    "parent": (read_parent, None),
}
