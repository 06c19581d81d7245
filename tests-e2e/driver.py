"""Running the binary, looking into stores, and keeping score."""

import json
import random
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

# Words of a Rust panic or of a crash on standard error. Standard output may quote them from a log.
CRASH_WORDS = ("panicked at", "RUST_BACKTRACE", "stack overflow", "memory allocation of", "SIGABRT")
TIMEOUT = 300


class Failed(Exception):
    """A command that had to succeed did not."""


class Outcome:
    """What one run of the binary did."""

    def __init__(self, arguments, code, out, err, seconds):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err
        self.seconds = seconds

    @property
    def ok(self):
        return self.code == 0

    @property
    def crashed(self):
        """A panic exits with 101, a signal with a negative code."""
        return self.code < 0 or self.code == 101 or any(w in self.err for w in CRASH_WORDS)

    def __str__(self):
        words = " ".join(map(str, self.arguments))
        return f"`lattice {words}` exited {self.code}: {(self.err or self.out).strip()[:400]}"


class Lattice:
    """The binary under test."""

    def __init__(self, binary, report):
        self.binary = Path(binary).resolve()
        self.report = report

    def run(self, *arguments):
        begin = time.monotonic()
        command = [self.binary, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        out, err = (raw.decode("utf-8", "replace") for raw in (done.stdout, done.stderr))
        outcome = Outcome(arguments, done.returncode, out, err, time.monotonic() - begin)
        # No command may crash anywhere, whatever a test is about.
        if outcome.crashed:
            self.report.check("no crash, no panic", " ".join(map(str, arguments))[:60], False, str(outcome))
        return outcome

    def must(self, *arguments):
        outcome = self.run(*arguments)
        if not outcome.ok:
            raise Failed(str(outcome))
        return outcome

    def start(self, *arguments):
        return subprocess.Popen(
            [self.binary, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def json(self, *arguments):
        return json.loads(self.must(*arguments, "--json").out)

    def digest(self, store):
        digest = self.must("digest", "--store", store).out.strip()
        if not re.search("[0-9a-f]{64}|[A-Za-z0-9_-]{43}", digest):
            raise Failed(f"`lattice digest` printed {digest!r}")
        return digest

    def items(self, store):
        return self.json("items", "--store", store)

    def load(self, store, *paths, order=None):
        """Imports every path; the first import makes the store."""
        for path in paths:
            chosen = ["--order", order] if order else []
            self.must("import", path, "--store", store, *chosen)
        return store

    def compact(self, store, *more):
        """Compacts all that is known now, without waiting for commits to age."""
        now = "2027-01-01T00:00:00Z"
        return self.must("compact", "--store", store, "--min-age-days", 0, "--now", now, "--no-history", *more)

    def shows(self, store, ids):
        """The standard output of `show ITEM --json` for every item."""
        return {item: self.must("show", item, "--json", "--store", store).out for item in ids}


def contents(folder):
    """Every file below a folder with its bytes."""
    root = Path(folder)
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def size(folder):
    return sum(map(len, contents(folder).values()))


def peak_memory():
    """Greatest resident size of any finished child so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit


class Report:
    """A table of what was shown."""

    def __init__(self):
        self.rows = []

    def check(self, what, where, ok, figure=""):
        self.rows.append((what, where, bool(ok), str(figure)))
        if not ok:
            print(f"FAIL {where}: {what}: {figure}", file=sys.stderr, flush=True)
        return bool(ok)

    def note(self, what, where, figure):
        self.rows.append((what, where, None, str(figure)))

    @property
    def failures(self):
        return sum(ok is False for _, _, ok, _ in self.rows)

    def table(self):
        width = max(len(what) for what, _, _, _ in self.rows)
        places = max(len(where) for _, where, _, _ in self.rows)
        for what, where, ok, figure in self.rows:
            mark = {True: "ok  ", False: "FAIL", None: "    "}[ok]
            # Details of failures went to standard error already.
            print(f"{mark} {where:<{places}} {what:<{width}} {figure if ok is not False else ''}".rstrip())


class Bench:
    """What every section gets: the binary, the report, a log, and room for stores."""

    def __init__(self, lattice, report, name, log, room, limit=None):
        self.lattice, self.report, self.name, self.log = lattice, report, name, Path(log)
        self.room, self.limit = Path(room), limit
        self.random = random.Random(f"{name} 1")
        self.count = 0

    def path(self, label):
        """A path that nothing is at yet."""
        self.count += 1
        return self.room / f"{self.name}-{self.count}-{label}"

    def copy(self, store, label):
        return Path(shutil.copytree(store, self.path(label)))

    def check(self, what, ok, figure=""):
        return self.report.check(what, self.name, ok, figure)

    def note(self, what, figure):
        self.report.note(what, self.name, figure)
