"""Point 6: damaged input gives a clear error, loses nothing, and never crashes."""

import os
import re
import subprocess
from pathlib import Path

import blake3
from driver import CRASH_WORDS, contents, peak_memory
from events import HEADER, event, read_lines, write_lines

FULL = Path("/dev/full")
WALL = 1_767_268_800_000_000
# What a refusal may cost in memory, whatever the input says about its size.
MEMORY = 160 << 20


def good_line(n, body="fine"):
    return event(WALL + n, "bob", "item.comment", "bn-damage1", {"body": body})[0].encode()


def bad_lines():
    """Damaged lines by name. Each stands as the fourth line of its file."""
    line = good_line(1, "ünïcode")
    columns = line.split(b"\t")
    flipped = bytes(line[-3:-2] != b"A") and line[:-3] + (b"A" if line[-3:-2] != b"A" else b"B") + line[-2:]
    nested = event(WALL, "bob", "item.comment", "bn-damage1", '{"body":' + "[" * 10_000 + "]" * 10_000 + "}")[0]
    unclosed = event(WALL, "bob", "item.comment", "bn-damage1", '{"body":' + "[" * 10_000)[0]
    return {
        "bad hash": flipped,
        "changed text": line.replace(b"code", b"cod "),
        "hash of no known form": b"\t".join([*columns[:7], b"blake3:abc"]),
        "7 columns": b"\t".join(columns[:7]),
        "9 columns": line + b"\tmore",
        "bad UTF-8": line.replace(b"code", b"co\xffe"),
        "UTF-8 cut short": line.replace("ü".encode(), "ü".encode()[:1]),
        "nested JSON 10,000 deep": nested.encode(),
        "nested JSON that never closes": unclosed.encode(),
        "data that is no object": event(WALL, "bob", "item.comment", "bn-damage1", "[1]")[0].encode(),
        "data that is no JSON": event(WALL, "bob", "item.comment", "bn-damage1", '{"body":')[0].encode(),
        "half a character in JSON": event(WALL, "bob", "item.note", "bn-damage1", '{"a":"\\ud800"}')[0].encode(),
        "a member twice": event(WALL, "bob", "item.comment", "bn-damage1", '{"body":"a","body":"b"}')[0].encode(),
        "time that is no number": event("soon", "bob", "item.comment", "bn-damage1", {})[0].encode(),
        "time beyond 64 bits": event(2**63, "bob", "item.comment", "bn-damage1", {})[0].encode(),
        "no agent": event(WALL, "", "item.comment", "bn-damage1", {})[0].encode(),
        "no item": event(WALL, "bob", "item.comment", " ", {})[0].encode(),
        "a line of zeros": bytes(100),
    }


def run(bench):
    store = bench.lattice.load(bench.path("store"), bench.log)
    bench.lattice.compact(store)
    state = Kept(bench, store)
    for name, line in bad_lines().items():
        bad = write_lines(bench.path("bad.events"), [good_line(5), line, good_line(6)])
        state.refuses_line(name, bad, 4)
        skips(bench, state, name, bad)
    huge(bench, state)
    truncated(bench, state)
    one_bad_file(bench, state)
    versions(bench, state)
    no_store(bench)
    no_source(bench, state)
    outputs(bench, state)
    damaged_export(bench, state)
    damaged_store(bench, state)


class Kept:
    """A store that no damaged input may change."""

    def __init__(self, bench, store):
        self.bench, self.store = bench, store
        self.bytes = contents(store)

    def refuses(self, name, *arguments, must_say=()):
        """A command fails, says so on standard error, and changes no byte of the store."""
        outcome = self.bench.lattice.run(*arguments)
        said = [word for word in must_say if not re.search(word, outcome.err)]
        kept = contents(self.store) == self.bytes
        good = not outcome.ok and not outcome.crashed and outcome.err.strip() and not said and kept
        figure = outcome.err.strip().splitlines()[0][-110:] if good else f"kept={kept} unsaid={said} {outcome}"
        self.bench.check(f"refused: {name}", good, figure)
        return outcome

    def refuses_line(self, name, path, number):
        """As above; the message names the file, the line and a byte."""
        places = (re.escape(path.name), rf"(:|line ){number}\b", r"byte \d|:\d+:\d+")
        self.refuses(name, "import", path, "--store", self.store, must_say=places)
        fresh = self.bench.path("fresh")
        outcome = self.bench.lattice.run("import", path, "--store", fresh)
        left = contents(fresh) if fresh.exists() else {}
        self.bench.check(f"and no store is made of it: {name}", not outcome.ok and not left, sorted(left))


def skips(bench, state, name, bad):
    """`--bad-lines skip` reports the line and takes the others."""
    lattice, store = bench.lattice, bench.copy(state.store, "skip")
    outcome = lattice.run("import", bad, "--store", store, "--bad-lines", "skip")
    wanted = lattice.load(bench.copy(state.store, "good"), write_lines(bench.path("good.events"), [good_line(5), good_line(6)]))
    told = bad.name in outcome.err + outcome.out and re.search(r"(:|line )4\b", outcome.err + outcome.out)
    same = lattice.digest(store) == lattice.digest(wanted)
    bench.check(f"skipped with a report: {name}", outcome.ok and told and same, "" if same else outcome)


def huge(bench, state):
    """One line of 200 MB, and one that is the whole file without an end."""
    for name, start, stop in (("a 200 MB line", good_line(7)[:40], b"\n"), ("200 MB without a line end", b"\0", b"")):
        path = write_lines(bench.path("huge.events"), [good_line(5)])
        with path.open("ab") as file:
            file.write(start)
            for _ in range(200):
                file.write(b"x" * 1_000_000)
            file.write(stop)
        before = peak_memory()
        state.refuses(name, "import", path, "--store", state.store, must_say=(re.escape(path.name), r"(:|line )4\b"))
        peak = peak_memory()
        bench.check(f"{name} is refused in little memory", peak <= max(before, MEMORY), f"{peak >> 20} MiB at most")
        path.unlink()


def truncated(bench, state):
    """A file cut in its last line is refused; cut between two lines it is a shorter log."""
    lines = read_lines(bench.log)[:5]
    path = write_lines(bench.path("cut.events"), lines)
    whole = path.read_bytes()
    last = len(lines[-1])
    for cut in sorted({1, 2, 20, 49, 50, last // 2, last - 1}):
        path.write_bytes(whole[: len(whole) - 1 - cut])
        state.refuses_line(f"file cut {cut} bytes before its end", path, len(HEADER) + len(lines))


def one_bad_file(bench, state):
    """A folder with one damaged file among good ones gives nothing at all."""
    folder = bench.path("folder")
    folder.mkdir()
    write_lines(folder / "2026-01.events", [good_line(1)])
    write_lines(folder / "2026-02.events", [good_line(2), good_line(3)[:-5]])
    write_lines(folder / "2026-03.events", [good_line(4)])
    state.refuses("a folder with one damaged file", "import", folder, "--store", state.store, must_say=("2026-02",))


def versions(bench, state):
    newer = bench.path("newer.events")
    newer.write_bytes(b"# bones event log v2\n" + good_line(1) + b"\n")
    state.refuses_line("a log of an unknown version", newer, 1)
    store = bench.copy(state.store, "version")
    current = store / "CURRENT"
    # As a newer build would write it: the check is right, only the number is unknown.
    line = current.read_bytes().rsplit(b" ", 1)[0].replace(b"lattice-log 1 ", b"lattice-log 9 ")
    check = blake3.derived("lattice log 1: current check", line)[:8].hex().encode()
    current.write_bytes(line + b" " + check + b"\n")
    kept = contents(store)
    for command in (("digest",), ("items",), ("compact",), ("verify",)):
        outcome = bench.lattice.run(*command, "--store", store)
        good = not outcome.ok and not outcome.crashed and re.search("format 9|version 9", outcome.err)
        good = good and contents(store) == kept
        bench.check(f"refused: {command[0]} of a store of an unknown version", good, outcome.err.strip()[-110:])


def no_store(bench):
    """A directory that is not a store is left as it is."""
    folder = bench.path("not-a-store")
    folder.mkdir()
    (folder / "notes.txt").write_text("mine\n")
    nowhere = bench.path("nowhere")
    commands = (
        ("digest",), ("items",), ("stats",), ("verify",), ("compact",), ("show", "bn-1"), ("explain", "bn-1", "title"),
        ("redact", "blake3:" + "0" * 64, "--reason", "r"),
        ("export", "--format", "snapshots", "--out", bench.path("out")), ("import", bench.log),
    )  # fmt: skip
    for command in commands:
        outcome = bench.lattice.run(*command, "--store", folder)
        good = not outcome.ok and not outcome.crashed and outcome.err.strip()
        good = good and contents(folder) == {"notes.txt": b"mine\n"}
        bench.check(f"refused: {command[0]} on a directory that is not a store", good, outcome.err.strip()[:110] or outcome)
        if command[0] != "import":
            outcome = bench.lattice.run(*command, "--store", nowhere)
            good = not outcome.ok and not outcome.crashed and outcome.err.strip() and not nowhere.exists()
            bench.check(f"refused: {command[0]} on no directory at all", good, outcome.err.strip()[:110] or outcome)


def no_source(bench, state):
    empty = bench.path("empty")
    empty.mkdir()
    state.refuses("import of a folder without events", "import", empty, "--store", state.store)
    state.refuses("import of nothing", "import", bench.path("gone"), "--store", state.store)
    state.refuses("an item that is not there", "show", "bn-not-here", "--store", state.store, must_say=("bn-not-here",))
    state.refuses("a hash that is none", "redact", "blake3:zzz", "--reason", "r", "--store", state.store)


def outputs(bench, state):
    """Output that has nowhere to go: an error, or silence for a reader that left; never a panic."""
    commands = (["items"], ["items", "--json"], ["stats"], ["digest"], ["verify"], ["export", "--help"])
    if FULL.is_char_device():
        codes = []
        for command in commands[:-1]:
            with FULL.open("wb") as full:
                code, err = into(bench, full, *command, "--store", state.store)
            codes.append(code == 1 and bool(err.strip()))
        bench.check("standard output is full: an error", all(codes), codes)
    codes = []
    for command in commands:
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as gone:
            code, _ = into(bench, gone, *command, "--store", state.store)
        codes.append(code)
    bench.check("the reader of standard output has left: no panic", not {101, 134, -6} & set(codes), codes)
    for form in ("snapshots", "json"):
        folder = bench.path("folder")
        folder.mkdir()
        export = ("export", "--store", state.store, "--format", form, "--out")
        state.refuses(f"export ({form}) over a folder", *export, folder)
        state.refuses(f"export ({form}) into a folder that is not there", *export, folder / "a" / "b")
        bench.check(f"and nothing is left of it ({form})", not list(folder.iterdir()))
        # As `--out /dev/stdout`: what is no plain file may be written to, not replaced.
        link = bench.path("link")
        link.symlink_to("/dev/null")
        bench.lattice.run(*export, link)
        bench.check(f"export ({form}) to a device does not replace what names it", link.is_symlink())


def into(bench, out, *arguments):
    """Runs a command with this standard output; its exit code and standard error."""
    command = [bench.lattice.binary, *map(str, arguments)]
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60)
    err = done.stderr.decode("utf-8", "replace")
    if any(word in err for word in CRASH_WORDS):
        bench.check("no crash, no panic", False, err[:300])
    return done.returncode, err


def damaged_export(bench, state):
    """Any byte of an export changed, any tail cut: refused."""
    lattice, out = bench.lattice, bench.path("good.export")
    lattice.must("export", "--store", state.store, "--format", "snapshots", "--out", out)
    good, bad = out.read_bytes(), bench.path("bad.export")
    refused, crashed, rounds = 0, 0, 60
    for n in range(rounds):
        data = bytearray(good)
        if n % 3 == 0:
            del data[bench.random.randrange(len(data)) :]
        else:
            data[bench.random.randrange(len(data))] ^= 1 << bench.random.randrange(8)
        bad.write_bytes(data)
        outcome = lattice.run("import", bad, "--store", state.store)
        crashed += outcome.crashed
        refused += not outcome.ok and bool(outcome.err.strip())
    kept = contents(state.store) == state.bytes
    bench.check("refused: exports with a bit flipped or a tail cut", refused == rounds and not crashed and kept,
                f"{refused} of {rounds}, store kept: {kept}")  # fmt: skip


def damaged_store(bench, state):
    """A changed byte in any file of a store is found by `verify`, and nothing crashes on it."""
    lattice, rounds, seen = bench.lattice, 40, 0
    expected = lattice.digest(state.store)
    for _ in range(rounds):
        store = bench.copy(state.store, "flip")
        files = [name for name, data in contents(store).items() if data]
        path = store / bench.random.choice(files)
        data = bytearray(path.read_bytes())
        data[bench.random.randrange(len(data))] ^= 1 << bench.random.randrange(8)
        path.write_bytes(data)
        outcome = lattice.run("verify", "--store", store)
        answer = lattice.run("digest", "--store", store)
        # A digest may still be right, or refused; it may never be another one.
        honest = not answer.ok or answer.out.strip() == expected
        seen += not outcome.ok and bool(outcome.err.strip()) and honest and not answer.crashed
    bench.check("found: a bit flipped in a file of the store", seen == rounds, f"{seen} of {rounds}")
