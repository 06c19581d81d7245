"""Point 5: what was redacted is gone, from every answer and from every byte of the store.

Each secret is put into another part of an event. One reader looks for all of them, raw and in every
form a byte of text can take; it must find each of them before the redaction, and none after.
"""

import base64
import json

from driver import contents
from events import event, write_lines

ITEM, OTHER = "bn-canary1", "bn-canary2"
WALL = 1_767_268_800_000_000
EXPORTS = ("snapshots", "bones", "json")
FIELDS = (
    "title", "description", "kind", "size", "urgency", "parent", "deleted", "compact_summary",
    "phase", "labels", "assignees", "links",
)  # fmt: skip
# Characters that JSON escapes, and one that it may.
DRESS = '"quoted" \\ line\nend é'


def secret(place):
    return f"canary of the {place} {DRESS}"


def secrets():
    """For each part of an event that holds text: its secret, and the event that holds it."""
    parts = {
        "description": ("item.create", {"kind": "task", "title": "t", "description": "{}"}),
        "title": ("item.update", {"field": "title", "value": "{}"}),
        "label array": ("item.update", {"field": "labels", "value": ["ok", "{}"]}),
        "label": ("item.update", {"field": "labels", "value": {"action": "add", "label": "{}"}}),
        "comment": ("item.comment", {"body": "{}"}),
        "reason": ("item.move", {"state": "done", "reason": "{}"}),
        "link type": ("item.link", {"link_type": "{}", "target": "bn-other"}),
        "assignee": ("item.assign", {"action": "assign", "agent": "{}"}),
        "summary": ("item.compact", {"summary": "{}"}),
        "delete reason": ("item.delete", {"reason": "{}"}),
        "unknown member": ("item.comment", {"body": "b", "more": {"deep": ["{}"]}}),
        "unknown name": ("item.comment", {"body": "b", "{}": 1}),
        "unknown type": ("item.thing", {"text": "{}"}),
    }
    made = {}
    for n, (place, (kind, data)) in enumerate(parts.items()):
        text = json.dumps(secret(place), ensure_ascii=False)[1:-1]
        data = json.dumps(data, ensure_ascii=False).replace("{}", text)
        # A delete of its own item, so that the first one stays eligible for compaction.
        item = OTHER if kind == "item.delete" else ITEM
        made[place] = event(WALL + n, "maw-dev", kind, item, data)
    return made


def forms(text):
    """The bytes a text can hide in: raw, JSON-escaped in two ways, hex, base64 at each offset."""
    raw = text.encode("utf-8")
    yield "raw", raw
    for ascii_only in (False, True):
        yield "JSON", json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode("utf-8")
    yield "hex", raw.hex().encode("ascii")
    yield "hex", raw.hex().upper().encode("ascii")
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # Whole groups of four characters that depend on no byte around the text.
            inside = encode(bytes(offset) + raw)
            start = 0 if offset == 0 else 4
            yield "base64", inside[start : len(inside) - 4]


def found(text, blobs):
    return sorted({f"{form} in {name}" for form, what in forms(text) for name, blob in blobs.items() if what in blob})


def answers(lattice, bench, store):
    """Everything the binary says about the store."""
    blobs = {}
    for item in (ITEM, OTHER):
        for more in ([], ["--json"]):
            blobs[f"show {more}"] = lattice.must("show", item, "--store", store, *more).out.encode()
    for field in FIELDS:
        for more in ([], ["--json"]):
            outcome = lattice.must("explain", ITEM, field, "--store", store, *more)
            blobs[f"explain {field} {more}"] = outcome.out.encode()
    for more in ([], ["--json"]):
        blobs[f"items {more}"] = lattice.must("items", "--store", store, *more).out.encode()
    for form in EXPORTS:
        out = bench.path(f"{form}.export")
        lattice.must("export", "--store", store, "--format", form, "--out", out)
        blobs[f"export {form}"] = out.read_bytes()
    return blobs


def run(bench):
    lattice = bench.lattice
    held = secrets()
    # The last one holds the bytes of `{}` where a name stood.
    canaries = write_lines(bench.path("canaries.events"), [line for line, _ in held.values()])
    fresh = lattice.load(bench.path("store"), bench.log, canaries)
    compacted = bench.copy(fresh, "compacted")
    lattice.compact(compacted)
    old = bench.path("old.export")
    lattice.must("export", "--store", fresh, "--format", "snapshots", "--out", old)

    for name, store in (("as imported", fresh), ("compacted", compacted)):
        shown, kept = answers(lattice, bench, store), contents(store)
        missed = [place for place in held if not found(secret(place), kept)]
        bench.check(f"the reader finds every secret in the files of a store {name}", not missed, missed or f"{len(held)} places")
        missed = [place for place in held if not found(secret(place), shown)]
        bench.check(f"and in what it says, {name}", not missed, missed)

    first, last = bench.copy(fresh, "first"), bench.copy(compacted, "last")
    for store in (first, last):
        for _, raw in held.values():
            lattice.must("redact", "blake3:" + raw.hex(), "--reason", "test", "--store", store,
                         "--agent", "maw-dev", "--now", "2026-12-01T00:00:00Z")  # fmt: skip
    lattice.compact(first)
    unseen(bench, first, held, "redacted before compaction")
    # Before the next compaction the answers hide already what the files may still hold.
    silent(bench, last, held, "redacted after compaction, not compacted again")
    lattice.compact(last)
    unseen(bench, last, held, "redacted after compaction")
    bench.check(
        "redacting before or after compaction makes one digest", lattice.digest(first) == lattice.digest(last)
    )

    redacts = [
        event(WALL + 100 + n, "bob", "item.redact", ITEM, {"reason": "test", "target_hash": "blake3:" + raw.hex()})[0]
        for n, (_, raw) in enumerate(held.values())
    ]
    told = write_lines(bench.path("redacts.events"), redacts)
    for name, store in (("a compacted store", bench.copy(compacted, "told")), ("a raw one", bench.copy(fresh, "told"))):
        lattice.load(store, told)
        silent(bench, store, held, f"redact events imported into {name}")
        lattice.compact(store)
        unseen(bench, store, held, f"redact events imported into {name}")
    ahead = lattice.load(bench.path("ahead"), told, bench.log, canaries)
    unwritten(bench, ahead, held, "redact events that came before the events")

    for store in (first, last):
        lattice.load(store, old, canaries, bench.log, old)
        unwritten(bench, store, held, "old export and raw log imported again, not compacted yet")
        silent(bench, store, held, "old export and raw log imported again")
        lattice.compact(store)
        unseen(bench, store, held, "old export and raw log imported again")
    bench.check("and the digests are equal still", lattice.digest(first) == lattice.digest(last))
    lattice.must("verify", "--store", first)


def silent(bench, store, held, when):
    shown = answers(bench.lattice, bench, store)
    leaks = {place: found(secret(place), shown) for place in held}
    leaks = {place: where for place, where in leaks.items() if where}
    bench.check(f"nothing says a secret: {when}", not leaks, leaks or "")


def unseen(bench, store, held, when):
    silent(bench, store, held, f"{when}, compacted")
    unwritten(bench, store, held, f"{when}, compacted")


def unwritten(bench, store, held, when):
    kept = contents(store)
    leaks = {place: found(secret(place), kept) for place in held}
    leaks = {place: where for place, where in leaks.items() if where}
    bench.check(f"no file holds a secret: {when}", not leaks, leaks or "")
