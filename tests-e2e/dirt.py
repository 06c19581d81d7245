"""One item per kind of dirt, each written by hand: what no well-behaved client would write, but what
a log can hold. `make_dirty.py` mixes these events into a plausible history."""

LABELS = ("backend", "ui", "緊急", "a b", "ops", "e\u0301", "é", "UI")

I64_MAX = 2**63 - 1
I64_MIN = -(2**63)


def write(log, start):
    """Append all events of this module to `log`; `start` is a time in microseconds."""
    for index, scene in enumerate(SCENES):
        # Far enough apart that scenes do not share a microsecond unless they want to.
        scene(log, start + (index + 1) * 3_600_000_000)


def create(log, wall, item, agent=2, **members):
    data = {"kind": "task", "title": f"Dirt: {item}", **members}
    return log.add(wall, agent, "item.create", item, data)


def update(log, wall, item, field, value, agent=2):
    return log.add(wall, agent, "item.update", item, {"field": field, "value": value})


def clocks_off_the_scale(log, t):
    """Times that no clock shows. 0 is unknown, negatives read as 0, the greatest wins for ever."""
    item = "bn-clock1"
    create(log, 0, item, description="time 0")
    update(log, -1, item, "title", "one before the epoch")
    update(log, I64_MIN, item, "title", "the least time there is", agent=3)
    update(log, -62_135_596_800_000_000, item, "description", "the year 1", agent=6)
    log.add(I64_MAX, 3, "item.comment", item, {"body": "from the end of time"})
    update(log, I64_MAX, item, "title", "the greatest time there is")
    update(log, I64_MAX, item, "title", "the greatest time there is, again")
    update(log, t, item, "title", "a usual time")
    log.add(0, 5, "item.comment", item, {"body": "imported without a time"})


def only_times_at_or_before_zero(log, _t):
    """No event has a real time: created_at is 0, not the smallest of nothing."""
    create(log, -5, "bn-clock2")
    log.add(0, 1, "item.move", "bn-clock2", {"state": "doing"})
    log.add(-7, 1, "item.move", "bn-clock2", {"state": "done", "reason": "long ago"})


def one_microsecond(log, t):
    """Equal times: the agent decides, then the 32 hash bytes (not their text)."""
    create(log, t, "bn-tie1", agent=3)
    for agent in (2, 3, 6, 7):
        update(log, t, "bn-tie1", "title", f"by agent {agent}", agent=agent)
    for n in range(6):
        update(log, t + 1, "bn-tie1", "description", f"same agent, same time, {n}", agent=1)
    for n in range(6):
        log.add(t + 2, 1, "item.move", "bn-tie1", {"state": ("open", "done")[n % 2], "reason": f"{n}"})
    for n in range(4):
        update(log, t + 3, "bn-tie1", "labels", {"action": ("add", "remove")[n % 2], "label": "x"}, n)


def label_arrays(log, t):
    """An array replaces the whole set, also members added later in file order."""
    create(log, t, "bn-lab1", labels=["old", "kept", "", "  ", "old"])
    update(log, t + 30, "bn-lab1", "labels", ["kept", "new", "dup", "dup"])
    update(log, t + 20, "bn-lab1", "labels", {"action": "add", "label": "hidden by the array"})
    update(log, t + 40, "bn-lab1", "labels", {"action": "add", "label": "after the array"})
    update(log, t + 50, "bn-lab1", "labels", {"action": "remove", "label": "new"})
    update(log, t + 45, "bn-lab1", "labels", {"action": "add", "label": "new"}, agent=0)
    create(log, t + 1, "bn-lab2", labels=["a", "b"])
    update(log, t + 2, "bn-lab2", "labels", [])


def label_members(log, t):
    """Members that are no labels, and label objects that say nothing clear."""
    create(log, t, "bn-lab3", labels=["fine", 7, None, "\u0000nul first", " \u0000", "nul\u0000inside"])
    create(log, t + 1, "bn-lab4", labels="not an array")
    create(log, t + 2, "bn-lab5", labels=None)
    for n, value in enumerate(
        (
            ["ok", "", 1.5, {"a": 1}, "\u00a0", "\u0000", " lead"],
            {"action": "toggle", "label": "x"},
            {"action": "add", "label": "   "},
            {"action": "remove", "label": ""},
            {"action": "add"},
            {"label": "no action"},
            {"action": "add", "label": 5},
            {"action": "add", "label": "because", "why": "an unknown member inside"},
            {"action": "remove", "label": "because", "because": None},
            "a string",
            None,
            17,
        )
    ):
        update(log, t + 10 + n, "bn-lab3", "labels", value)


def values_that_cannot_be_read(log, t):
    """Each known field with values that are no write, between values that are."""
    item = "bn-val1"
    create(log, t, item, size="M ", urgency="URGENT", parent="bn-clock1", description="first")
    values = {
        "title": (5, None, ["a"], {"x": 1}, True, ""),
        "description": (0, False, ["d"], "text \u0007 with controls \u001f\u007f", {"d": None}),
        "kind": ("epic", None, 1, " Bug\t", "tas\u212a", ""),
        "size": ("mega", 3, "", " XXL ", ["s"]),
        "urgency": ("now", None, 9, "Punt", "\u00a0default\u3000", "\u001fdefault"),
        "parent": ("not an id", "BN-clock1", 4, ["bn-x"], "abcd-1", "a-1", "bn-", "bnx"),
        "colour": ("red", None, {"deep": [1, [2, [3]]]}),
        "": ("an empty field name",),
        "Title": ("field names are exact",),
    }
    for n, (field, value) in enumerate((f, v) for f, each in values.items() for v in each):
        update(log, t + 10 + n, item, field, value, agent=n % 4)
    log.add(t + 100, 2, "item.update", item, {"field": "title"})
    log.add(t + 101, 2, "item.update", item, {"value": "no field"})
    log.add(t + 102, 2, "item.update", item, {"field": 3, "value": "the field is a number"})
    log.add(t + 103, 2, "item.update", item, {})
    log.add(t + 104, 2, "item.update", item, {"field": "kind", "value": "goal", "by": "hand"})


def creates_that_cannot_be_read(log, t):
    """A create writes every field, also when a member is absent or malformed."""
    create(log, t, "bn-crt1", description="old", size="l", urgency="punt", parent="bn-val1")
    update(log, t + 1, "bn-crt1", "title", "written between two creates")
    log.add(t + 2, 3, "item.create", "bn-crt1", {})
    bad = {"title": 1, "kind": "epic", "size": "big", "urgency": 0, "parent": "Not-an-id"}
    log.add(t + 3, 3, "item.create", "bn-crt2", {**bad, "description": [], "labels": {"a": 1}})
    nulls = dict.fromkeys(("title", "kind", "size", "urgency", "parent", "description", "causation"))
    log.add(t + 4, 3, "item.create", "bn-crt3", {**nulls, "future": None})
    create(log, t + 5, "bn-crt4", causation="bn-crt1", parent="", description="", estimate=3.50)
    log.add(t + 6, 1, "item.comment", "bn-crt5", {"body": "an item that was never created"})


def json_as_others_write_it(log, t):
    """Text that a parse and a print again would change. The hash is over the text."""
    item = "bn-json1"
    create(log, t, item)
    texts = (
        '{ "title" : "spaces, order, escapes: \\u00e9 \\ud83d\\ude00 \\/" , "kind":"bug","z":1,"a":2 }',
        '{"big":123456789012345678901234567890,"body":"numbers","exact":0.1000000000000000055,'
        '"huge":1e300,"minus":-0,"one":1.0,"small":1E-7}',
        '{"body":"nesting","deep":' + "[" * 60 + "{}" + "]" * 60 + "}",
        '{"body":"controls \\u0000 \\b\\f\\n\\r\\t\\u001b[31m \u0085\u2028\u2029\ufeff\ufffd\U0010ffff"}',
        '{"body":"' + "long " * 700 + '"}',
    )
    log.add(t + 1, 4, "item.create", item, texts[0])
    for n, text in enumerate(texts[1:]):
        log.add(t + 2 + n, 4, "item.comment", item, text)


def unknown_types(log, t):
    """Event types of a later version, or of nobody."""
    item = "bn-type1"
    create(log, t, item)
    log.add(t + 1, 0, "item.estimate", item, {"hours": 3, "note": "未知"})
    log.add(t + 2, 0, "item.estimate", item, {})
    log.add(t + 3, 0, "Item.Create", item, {"title": "types are exact"})
    log.add(t + 4, 0, "sprint.start", item, {"goal": None})
    log.add(t + 5, 0, "item.vote", "bn-type2", {"agent": "Bob", "up": True})


def members_that_nobody_knows(log, t):
    """Unknown members beside known ones, for every type."""
    item = "bn-extra1"
    extra = {"_v": 2, "origin": {"tool": "importer", "line": 7}}
    create(log, t, item, **extra)
    for n, (kind, data) in enumerate(
        (
            ("item.move", {"state": "doing"}),
            ("item.assign", {"action": "assign", "agent": "Bob"}),
            ("item.comment", {"body": "with more"}),
            ("item.link", {"link_type": "blocks", "target": "bn-val1"}),
            ("item.unlink", {"target": "bn-val1"}),
            ("item.compact", {"summary": "short"}),
            ("item.delete", {"reason": "obsolete"}),
        )
    ):
        log.add(t + 1 + n, 4, kind, item, {**data, **extra})


def moves(log, t):
    """Every move between the four states, words in odd case, and states that do not exist."""
    create(log, t, "bn-move1")
    states = ("doing", "done", "archived", "open", "done", "doing", "archived", "done", "open", "open")
    for n, state in enumerate(states):
        log.add(t + 1 + n, 2, "item.move", "bn-move1", {"reason": f"step {n}", "state": state})
    bad = (
        {"state": "frozen"}, {"state": None}, {}, {"reason": "no state"}, {"state": 1, "reason": "r"},
        {"state": " Done ", "reason": None}, {"state": "doing", "reason": 5}, {"state": "open", "reopen": True},
    )  # fmt: skip
    for n, data in enumerate(bad):
        log.add(t + 100 + n, 2, "item.move", "bn-move1", data)
    create(log, t + 5, "bn-move2")
    log.add(t + 9, 0, "item.move", "bn-move2", {"state": "done", "reason": "first in the file"})
    log.add(t + 7, 1, "item.move", "bn-move2", {"state": "archived", "reason": "earlier in time"})


def assignments(log, t):
    create(log, t, "bn-asg1")
    for n, data in enumerate(
        (
            {"action": "assign", "agent": "Bob"},
            {"action": "assign", "agent": "bob"},
            {"action": "assign", "agent": " Bob"},
            {"action": "unassign", "agent": "bob"},
            {"action": "unassign", "agent": "never assigned"},
            {"action": "unassign", "agent": ""},
            {"action": "assign", "agent": "   "},
            {"action": "steal", "agent": "Bob"},
            {"action": "Assign", "agent": "upper"},
            {"action": "assign", "agent": None},
            {"action": None, "agent": "Bob"},
            {"agent": "no action"},
            {},
        )
    ):
        log.add(t + 1 + n, 2, "item.assign", "bn-asg1", data)


def links(log, t):
    """Self links, targets that are no ids, blank types; unlinks with and without a type."""
    item = "bn-link1"
    create(log, t, item)
    good = [("blocks", "bn-val1"), ("blocked_by", "bn-val1"), ("relates", "bn-lab1"), ("custom type", "bd-9")]
    good += [("blocks", "bn-lab1"), ("related", "bn-tie1"), ("related_to", "bn-tie1"), ("blocks", "xyz-1")]
    for n, (kind, target) in enumerate(good):
        log.add(t + 10 * n, 2, "item.link", item, {"link_type": kind, "target": target})
    bad = (
        {"link_type": "blocks", "target": item}, {"link_type": "blocks", "target": "Not an id"},
        {"link_type": "", "target": "bn-val1"}, {"link_type": "  ", "target": "bn-val1"},
        {"link_type": None, "target": "bn-val1"}, {"link_type": "blocks", "target": None},
        {"link_type": "blocks"}, {"target": "bn-val1"}, {"link_type": "blocks", "target": ["bn-val1"]},
    )  # fmt: skip
    for n, data in enumerate(bad):
        log.add(t + 100 + n, 3, "item.link", item, data)
    unlinks = (
        {"link_type": "blocks", "target": "bn-lab1"}, {"target": "bn-tie1"},
        {"link_type": None, "target": "bn-nobody"}, {"link_type": "wrong type", "target": "bn-val1"},
        {"target": "not an id"}, {"target": 5}, {"link_type": "blocks"}, {"link_type": 5, "target": "xyz-1"},
    )  # fmt: skip
    for n, data in enumerate(unlinks):
        log.add(t + 200 + n, 3, "item.unlink", item, data)
    # In time before the adds: no effect on them.
    log.add(t - 5, 0, "item.unlink", item, {"target": "bn-val1"})
    # After the unlink: there again.
    log.add(t + 300, 0, "item.link", item, {"link_type": "relates", "target": "bn-tie1"})


def other_values(log, t):
    """Bodies and summaries that are no text, and deletes."""
    create(log, t, "bn-oth1")
    for n, body in enumerate(("", None, 5, ["a"])):
        log.add(t + 1 + n, 0, "item.comment", "bn-oth1", {"body": body})
    log.add(t + 9, 0, "item.comment", "bn-oth1", {"text": "no body"})
    for n, summary in enumerate(("first", "", "kept", None, {"s": 1})):
        log.add(t + 10 + n, 0, "item.compact", "bn-oth1", {"summary": summary})
    log.add(t + 20, 0, "item.compact", "bn-oth1", {})
    log.add(t + 30, 0, "item.compact", "bn-oth3", {"summary": ""})
    create(log, t, "bn-oth2")
    log.add(t + 1, 0, "item.delete", "bn-oth2", {"reason": "duplicate of bn-oth1"})
    log.add(t + 2, 0, "item.delete", "bn-oth2", {"reason": None})
    log.add(t + 3, 0, "item.update", "bn-oth2", {"field": "deleted", "value": False})


def item_ids(log, t):
    """One item under three spellings of its id."""
    create(log, t, "BN-ID1")
    log.add(t + 1, 0, "item.comment", " bn-id1 ", {"body": "spaces around"})
    log.add(t + 2, 0, "item.link", "Bn-Id1", {"link_type": "blocks", "target": "bn-id1"})
    create(log, t + 3, "bn-id1.2", parent="bn-id1")
    create(log, t + 4, "bd-110")


def redactions(log, t):
    """Redact events before and after their targets in the files, in both hash forms, for the own
    item and for others, twice, for events that are not there, and for redact events."""
    item, other, first, last = "bn-red1", "bn-red2", "2026-01", "2026-04"

    def redact(wall, on, target, form="base64", shard=None, **more):
        target = target if isinstance(target, (str, type(None), int)) else log.hash_text(target, form)
        data = {"reason": "secret", "target_hash": target, **more}
        return log.add(wall, 4, "item.redact", on, data, shard=shard)

    base = create(log, t, item, description="SECRET-description of the create", labels=["SECRET-label", "ok"])
    update(log, t + 1, item, "title", "the next best title")
    title = update(log, t + 2, item, "title", "SECRET-title")
    label = update(log, t + 3, item, "labels", {"action": "add", "label": "SECRET-second label"})
    add_again = update(log, t + 4, item, "labels", {"action": "add", "label": "ok"})
    array = update(log, t + 5, other, "labels", ["SECRET-array"])
    comment = log.add(t + 6, 1, "item.comment", item, {"body": "SECRET-body", "more": "SECRET-extra"})
    move = log.add(t + 7, 1, "item.move", item, {"state": "done", "reason": "SECRET-reason"})
    unknown = log.add(t + 8, 1, "item.note", item, {"text": "SECRET-unknown"})
    link = log.add(t + 9, 1, "item.link", item, {"link_type": "SECRET-type", "target": "bn-val1"})
    remove = update(log, t + 10, item, "labels", {"action": "remove", "label": "removed by a redacted event"})
    update(log, t + 9, item, "labels", {"action": "add", "label": "removed by a redacted event"})
    gone = log.add(t + 11, 1, "item.delete", other, {"reason": "SECRET-delete"})
    create(log, t + 4, other, labels=["cleared by a redacted array"])
    summary = log.add(t + 12, 1, "item.compact", item, {"summary": "SECRET-summary"})
    agent = log.add(t + 13, 1, "item.assign", item, {"action": "assign", "agent": "SECRET-agent"})
    log.add(t + 12, 1, "item.assign", item, {"action": "assign", "agent": "SECRET-agent"})

    redact(t + 20, item, title, "base64", first)
    redact(t + 21, item, base, "hex", first)
    redact(t + 22, item, label, "hex", last)
    redact(t + 23, other, comment, "hex", first)
    redact(t + 24, other, move, "base64", last)
    redact(t + 25, other, unknown)
    redact(t + 26, item, link)
    redact(t + 27, item, remove)
    redact(t + 28, item, array, shard=first)
    redact(t + 29, other, gone)
    redact(t + 30, item, add_again)
    redact(t + 31, item, agent)
    again = redact(t + 32, item, summary, "hex")
    redact(t + 33, item, summary, "base64", first)
    redact(t + 34, item, again)
    redact(t + 35, item, b"\xee" * 32)
    redact(t + 36, item, b"\xee" * 32, "hex")
    redact(t + 37, item, b"\xdd" * 32, by="hand")
    for n, nonsense in enumerate(("blake3:short", "", None, 5, "sha256:" + "0" * 64, "blake3:" + "z" * 64)):
        redact(t + 40 + n, other, nonsense)
    log.add(t + 50, 0, "item.redact", other, {"reason": "no target"})
    redact(t + 51, "bn-red3", title)


SCENES = (
    clocks_off_the_scale,
    only_times_at_or_before_zero,
    one_microsecond,
    label_arrays,
    label_members,
    values_that_cannot_be_read,
    creates_that_cannot_be_read,
    json_as_others_write_it,
    unknown_types,
    members_that_nobody_knows,
    moves,
    assignments,
    links,
    other_values,
    item_ids,
    redactions,
)
