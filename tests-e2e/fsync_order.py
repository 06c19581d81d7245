#!/usr/bin/env python3
"""Count the system calls of a compaction: what a manifest names is synced before CURRENT names the manifest.

    python3 tests-e2e/fsync_order.py target/release/lattice

Runs an import and a compaction under strace and follows every file of the store: which bytes of it were written after its
last fsync, and which names since the last fsync of the directory. At the rename to CURRENT nothing but CURRENT itself may be
unsynced; at the exit, nothing at all. Says so loudly, and succeeds, where there is no strace.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import make_dirty

CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
TRACED = "openat,open,creat,close,write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,dup,fcntl"


class Store:
    """What of a directory is on the medium."""

    def __init__(self, root):
        self.root, self.open = str(root), {}
        self.dirty, self.names = set(), set()
        self.renames, self.syncs, self.wrong = 0, 0, []

    def name(self, path):
        return path[len(self.root) :].strip("/") if path.startswith(self.root) else None

    def call(self, what, arguments, result):
        paths = re.findall(r'"([^"]*)"', arguments)
        first = arguments.split(",")[0].strip()
        if what in ("openat", "open", "creat") and result >= 0 and paths:
            name = self.name(paths[0])
            if name is not None:
                self.open[result] = name
                if "O_CREAT" in arguments and name != "LOCK":
                    self.names.add(name)
            else:
                self.open.pop(result, None)
        elif what == "close":
            self.open.pop(int(first), None)
        elif what in ("write", "pwrite64", "writev", "ftruncate") and first.isdigit() and int(first) in self.open:
            self.dirty.add(self.open[int(first)])
        elif what in ("fsync", "fdatasync") and int(first) in self.open and result == 0:
            self.syncs += 1
            name = self.open[int(first)]
            if name == "":
                self.names.clear()
            else:
                self.dirty.discard(name)
        elif what.startswith("rename") and paths and self.name(paths[-1]) is not None:
            self.renamed(self.name(paths[0]), self.name(paths[-1]))
        elif what.startswith("unlink") and paths and self.name(paths[0]) is not None:
            self.dirty.discard(self.name(paths[0]))

    def renamed(self, old, new):
        self.renames += 1
        if new != "CURRENT" or old != "CURRENT.tmp":
            self.wrong.append(f"{old} was renamed to {new}: only CURRENT ever is")
        late = self.dirty | (self.names - {old})
        if late:
            self.wrong.append(f"CURRENT was switched with unsynced {sorted(late)}")
        self.names.discard(old)
        self.names.add(new)


def traced(binary, *arguments, store):
    with tempfile.NamedTemporaryFile("r", prefix="lattice-strace-") as trace:
        command = ["strace", "-f", "-o", trace.name, "-e", f"trace={TRACED}", binary, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"`lattice {' '.join(map(str, arguments))}`: {done.stderr}")
        seen = Store(store)
        for line in trace:
            call = CALL.match(line)
            if call:
                seen.call(call[1], call[2], int(call[3]))
    if seen.dirty or seen.names:
        seen.wrong.append(f"unsynced at the end: {sorted(seen.dirty | seen.names)}")
    return seen


def main(binary):
    if not shutil.which("strace"):
        print("!!! SKIPPED: there is no strace, the order of syncs is not shown", file=sys.stderr)
        return True
    held = True
    with tempfile.TemporaryDirectory(prefix="lattice-fsync-") as room:
        store = (Path(room) / "store").resolve()
        runs = [
            ("making and importing", 1, ["import", make_dirty.FOLDER]),
            ("compacting", 2, ["compact", "--no-history", "--min-age-days", 0, "--now", "2027-01-01T00:00:00Z"]),
            ("compacting again", 0, ["compact", "--no-history", "--min-age-days", 0, "--now", "2027-01-01T00:00:00Z"]),
        ]
        for what, renames, arguments in runs:
            seen = traced(binary, *arguments, "--store", store, store=store)
            ok = not seen.wrong and seen.renames == renames and (renames == 0 or seen.syncs > renames)
            held &= ok
            print(f"{'ok  ' if ok else 'FAIL'} {what}: {seen.renames} switches of CURRENT, {seen.syncs} syncs {seen.wrong or ''}".rstrip())
    return held


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1]) else 1)
