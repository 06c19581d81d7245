#!/usr/bin/env python3
"""Cut the power under a real file system, again and again, and see what the store says afterwards.

    python3 tests-e2e/power_cut.py target/release/lattice [ROUNDS]

`kill -9` keeps what the system has in memory, so it shows nothing of syncs. Here the store lies on ext4 in a file, mounted by
loop; while a command runs, the file system is shut down without writing its journal, which is what a power cut leaves.
Then it is mounted again. What was acknowledged must be there, and what was under way must be there in full or not at all.

Needs root, `mkfs.ext4` and loop devices; says so loudly, and succeeds, where they are missing.
"""

import fcntl
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import make_dirty
from driver import Lattice, Report
from events import read_lines, write_lines

SHUTDOWN = 0x8004587D
# Without flushing the journal.
NO_FLUSH = 2
PIECES = 8
COMPACTIONS = (["--no-history"], ["--cutoff", "0s"])


class Missing(Exception):
    """The machine cannot do this."""


class Disk:
    """An ext4 file system in a file."""

    def __init__(self, room):
        self.image, self.root = room / "image", room / "mounted"
        self.root.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(256 << 20)
        must("mkfs.ext4", "-q", self.image)

    @contextmanager
    def mounted(self):
        must("mount", "-o", "loop", self.image, self.root)
        try:
            yield self.root
        finally:
            must("umount", self.root)

    def cut_power(self):
        folder = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_FLUSH))
        except OSError as error:
            raise Missing(f"the file system cannot be shut down: {error}") from error
        finally:
            os.close(folder)


def must(*command):
    if not shutil.which(command[0]):
        raise Missing(f"there is no {command[0]}")
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"{command[0]}: {done.stderr.strip()}")


def compact(options):
    return ["compact", "--min-age-days", 0, "--now", "2027-01-01T00:00:00Z", *options]


def reference(lattice, pieces, room):
    """What a store says that holds the first n pieces, and how long the quickest command takes."""
    store, digests, times = room / "reference", [None], []
    for piece in pieces:
        times.append(lattice.must("import", piece, "--store", store).seconds)
        digests.append(lattice.digest(store))
    times.append(lattice.must(*compact(COMPACTIONS[0]), "--store", store).seconds)
    return digests, min(times)


def digest(lattice, store):
    """What a store says, `None` if there is none or nothing in it."""
    answer = lattice.run("digest", "--store", store)
    return answer.out.strip() if answer.ok and lattice.items(store) else None


def cut(lattice, disk, store, command, delay):
    """Runs a command and cuts the power after a while, or as soon as it has answered; whether it was acknowledged."""
    running = lattice.start(*command, "--store", store)
    try:
        # The answer is a line, which no pipe is too small for.
        running.wait(delay)
    except subprocess.TimeoutExpired:
        pass
    # What is answered after the cut is the word of a machine that has no power any more: a sync that meets the
    # shutdown half way may even succeed.
    answer = running.poll()
    disk.cut_power()
    running.communicate()
    return answer == 0


def main(binary, rounds):
    report = Report()
    lattice, chance = Lattice(binary, report), random.Random(1)
    with tempfile.TemporaryDirectory(prefix="lattice-power-") as folder:
        room = Path(folder)
        lines = read_lines(make_dirty.FOLDER)[:1_600]
        step = len(lines) // PIECES + 1
        pieces = [
            write_lines(room / f"piece-{n}.events", lines[start : start + step])
            for n, start in enumerate(range(0, len(lines), step))
        ]
        digests, quickest = reference(lattice, pieces, room)
        disk = Disk(room)
        held = lives = unacknowledged = lost = 0
        for _ in range(rounds):
            compacting = 0 < held and chance.random() < 0.5
            command = compact(chance.choice(COMPACTIONS)) if compacting else ["import", pieces[held]]
            # A third of the cuts comes right behind the answer.
            delay = None if chance.random() < 1 / 3 else chance.random() * quickest * 2
            with disk.mounted() as root:
                acknowledged = cut(lattice, disk, root / f"store-{lives}", command, delay)
            unacknowledged += not acknowledged
            with disk.mounted() as root:
                found = digest(lattice, root / f"store-{lives}")
                allowed = {digests[held]} if compacting else {digests[held + 1]}
                if not acknowledged:
                    allowed.add(digests[held])
                if found not in allowed:
                    lost += 1
                    print(f"after {command}, acknowledged {acknowledged}: {found}, not {allowed}", file=sys.stderr)
                    break
                if not compacting and found == digests[held + 1]:
                    held += 1
                if held == len(pieces):
                    sound = lattice.run("verify", "--store", root / f"store-{lives}")
                    report.check("a store that lived through power cuts verifies", "ext4", sound.ok, "" if sound.ok else sound)
                    held, lives = 0, lives + 1
        figure = f"{rounds} cuts, {unacknowledged} of them before the answer, {lives} whole lives, {lost} losses"
        whole = lost == 0 and unacknowledged > rounds // 4 and lives > 0
        report.check("power cuts lose nothing acknowledged", "ext4", whole, figure)
    report.table()
    return report.failures == 0


if __name__ == "__main__":
    try:
        held_up = main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60)
    except Missing as why:
        print(f"!!! SKIPPED: no power was cut, nothing is shown of syncs: {why}", file=sys.stderr)
        sys.exit(0)
    sys.exit(0 if held_up else 1)
