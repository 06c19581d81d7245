#!/usr/bin/env python3
"""Breaks the store in one place after the other and demands that the test named for it notices.

First the table in `docs/SCENARIOS.md` is checked: rows without gaps, every named test there, and for each row about crashes,
loss of power and redaction a sabotage of `sabotage/places.py`, whose places are looked up in the sources. Then the crates are copied into a folder under the target
directory, every place becomes a switch that is read from the environment, and the tests are built once. Each sabotage is
run with its test alone: it must pass with the switch off and fail with it on. A place that is not found exactly once is
an error, which is how the list stays true to the source.

    python3 storage-adapter/sabotage.py [--only NAME ...] [--table] [--list]
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "sabotage"))
from places import SABOTAGES  # noqa: E402

TABLE = ROOT / "docs/SCENARIOS.md"
CRATES = [
    "lattice-core",
    "lattice-core/derive",
    "lattice-lww",
    "lattice-orset",
    "bones-snapshot",
    "bones-compact",
    "storage-adapter",
]
# Where the folders that the table names are.
FOLDERS = {
    "retention": ROOT / "bones-compact/tests/it",
    "loom": ROOT / "storage-adapter",
    "processes": ROOT / "storage-adapter/tests",
    "tests-e2e": ROOT,
}
ROWS = range(1, 94)
NEED_SABOTAGE = ("Crash and power loss", "Redaction", "Damage")
VARIABLE = "STORE_SABOTAGE"
SWITCH = """
#[doc(hidden)]
#[allow(missing_docs, clippy::all)]
pub mod sabotaged {
    static ON: std::sync::LazyLock<Option<u32>> =
        std::sync::LazyLock::new(|| std::env::var("%s").ok()?.parse().ok());
    pub fn is(number: u32) -> bool {
        *ON == Some(number)
    }
}
""" % VARIABLE
# A test that hangs when something is broken has noticed as well.
PATIENCE = 120


def fail(message):
    sys.exit(f"sabotage: {message}")


# The table.


def rows():
    """Number, section, tests and sabotages of every row."""
    section = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:].strip()
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and cells[0].isdigit():
            tests = re.findall(r"`([\w/-]+\.(?:rs::\w+|py))`", cells[2])
            sabotages = re.findall(r"`([\w-]+)`", cells[3]) if len(cells) > 3 else []
            yield int(cells[0]), section, tests, sabotages


def is_there(test):
    file, _, name = test.partition("::")
    path = FOLDERS.get(file.split("/")[0], HERE / "tests/it") / file
    if not path.is_file():
        return False
    attribute = r"#\[test\]\s*(?:#\[[^\n]*\]\s*)*fn %s\(" % name
    return not name or re.search(attribute, path.read_text(encoding="utf-8")) is not None


def check_table():
    table = list(rows())
    numbers = [number for number, *_ in table]
    if numbers != list(ROWS):
        fail(f"the rows of {TABLE.name} are not {ROWS.start} to {ROWS.stop - 1} in order")
    by_name = {sabotage.name: sabotage for sabotage in SABOTAGES}
    if len(by_name) != len(SABOTAGES):
        fail("two sabotages have one name")
    used = set()
    for number, section, tests, sabotages in table:
        if not tests:
            fail(f"row {number} names no test")
        for test in tests:
            if not is_there(test):
                fail(f"row {number}: there is no test {test}")
        if section in NEED_SABOTAGE and not sabotages:
            fail(f"row {number} names no sabotage")
        for name in sabotages:
            if name not in by_name:
                fail(f"row {number}: there is no sabotage {name}")
            if by_name[name].test not in tests:
                fail(f"row {number} does not name the test of {name}")
            used.add(name)
    if unused := by_name.keys() - used:
        fail(f"in no row: {', '.join(sorted(unused))}")
    named = {test for _, _, tests, _ in table for test in tests}
    print(f"{len(table)} rows, {len(named)} tests, {len(used)} sabotages: the table is true to the tests")


# The sources with switches.


def pattern(text):
    """Line breaks and indents are the formatter's: white space may stand, or not, between any two words."""
    return r"\s*".join(re.escape(word) for word in re.findall(r"\w+|[^\w\s]", text))


def span(source, place):
    """Where in the source the marked part of a place stands."""
    before, rest = place.find.split("«")
    original, after = rest.split("»")
    pieces = tuple(pattern(part) for part in (before, original, after))
    found = [m.span(1) for m in re.finditer(r"%s\s*(%s)\s*%s" % pieces, source)]
    if len(found) != 1:
        fail(f"{place.file}: found {len(found)} times, must be once:\n{place.find}")
    return found[0]


def cuts():
    """What is to be cut in each source: span, number of the sabotage, and what stands there then."""
    found = {}
    for number, sabotage in enumerate(SABOTAGES):
        for place in sabotage.places:
            file = Path("storage-adapter/src") / place.file
            if not (ROOT / file).is_file():
                fail(f"no such file: {file}")
            where = span((ROOT / file).read_text(encoding="utf-8"), place)
            found.setdefault(file, []).append((where, number, place.broken))
    return found


def switched(source, cuts):
    """The source with every cut a switch; cuts of one span make one chain."""
    spans = {}
    for where, number, broken in cuts:
        spans.setdefault(where, []).append((number, broken))
    ordered = sorted(spans, reverse=True)
    for (start, _), (_, end) in zip(ordered, ordered[1:]):
        if end > start:
            fail(f"two places overlap: {source[start:end]}")
    for start, end in ordered:
        original = source[start:end]
        chain = f"{{ {original} }}"
        for number, broken in reversed(spans[start, end]):
            chain = f"if crate::sabotaged::is({number}) {{ {broken} }} else {chain}"
        # An expression may stand within another one, a statement may not stand in parentheses.
        chain = chain if original.endswith(";") else f"({chain})"
        source = source[:start] + chain + source[end:]
    return source


def copy(folder):
    """The crates in the folder, with a switch for every sabotage. Files that did not change stay."""
    wanted = {}
    for crate in CRATES:
        parts = ["Cargo.toml", "README.md", "src", "tests"]
        if crate != "storage-adapter":
            parts.remove("tests")
        if crate == "bones-compact":
            parts.append("tests/it/history.rs")
        for part in parts:
            path = ROOT / crate / part
            for file in [path, *path.rglob("*")]:
                if file.is_file():
                    wanted[file.relative_to(ROOT)] = file.read_bytes()
    for file, places in cuts().items():
        wanted[file] = switched(wanted[file].decode(), places).encode()
    wanted[Path("storage-adapter/src/lib.rs")] += SWITCH.encode()
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    manifest = re.sub(r"(?ms)^(default-)?members = \[.*?\]\n", "", manifest)
    manifest = re.sub(r"(?m)^exclude = .*\n", "", manifest)
    quiet = '[workspace.lints.rust]\nwarnings = "allow"\n\n'
    manifest = re.sub(r"(?ms)^\[workspace.lints.rust\]\n.*?\n\n", quiet, manifest)
    members = ", ".join(f'"{crate}"' for crate in CRATES)
    manifest = manifest.replace("[workspace]\n", f"[workspace]\nmembers = [{members}]\n", 1)
    wanted[Path("Cargo.toml")] = manifest.encode()
    for path in list(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder) not in wanted and path.name != "Cargo.lock":
            path.unlink()
    for file, content in wanted.items():
        path = folder / file
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    shutil.copyfile(ROOT / "Cargo.lock", folder / "Cargo.lock")


def build(folder, target):
    """The test binary, built with all switches in it."""
    command = ["cargo", "test", "-q", "-p", "storage-adapter", "--test", "it", "--no-run"]
    command.append("--message-format=json-render-diagnostics")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    outcome = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if outcome.returncode != 0:
        sys.stderr.write(outcome.stderr)
        fail("the sources with switches do not build")
    messages = [json.loads(line) for line in outcome.stdout.splitlines() if line.startswith("{")]
    built = [m["executable"] for m in messages if m.get("executable")]
    if len(built) != 1:
        fail(f"one test binary was to be built, not {built}")
    return built[0]


# The runs.


def run(binary, folder, test, number=None):
    """Whether the test passes, alone and with one switch on; how long it took, and what it said."""
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    environment["RUST_BACKTRACE"] = "0"
    if number is not None:
        environment[VARIABLE] = str(number)
    name = test.replace(".rs", "").replace("/", "::")
    command = [binary, "--exact", name]
    begin = time.monotonic()
    try:
        outcome = subprocess.run(
            command,
            cwd=folder / "storage-adapter",
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return False, PATIENCE, "it did not end"
    if outcome.returncode == 0 and "1 passed" not in outcome.stdout:
        fail(f"{name} was not run")
    said = re.search(r"panicked at [^\n]*\n([^\n]*)", outcome.stdout + outcome.stderr)
    said = said.group(1) if said else outcome.stdout[-200:]
    return outcome.returncode == 0, time.monotonic() - begin, said


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--only", nargs="+", metavar="NAME", help="only these sabotages")
    arguments.add_argument("--table", action="store_true", help="check the table and the places, and stop")
    arguments.add_argument("--list", action="store_true", help="print the sabotages and stop")
    arguments = arguments.parse_args()
    if arguments.list:
        for sabotage in SABOTAGES:
            print(f"{sabotage.name}: {sabotage.what}")
        return
    check_table()
    cuts()
    if arguments.table:
        return
    chosen = [(n, s) for n, s in enumerate(SABOTAGES) if not arguments.only or s.name in arguments.only]
    if not chosen:
        fail("no such sabotage")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    folder = target / "store-sabotage"
    folder.mkdir(parents=True, exist_ok=True)
    # All switches are built in, also those that are not asked for: the numbers stay the same.
    copy(folder)
    begin = time.monotonic()
    binary = build(folder, target)
    print(f"{len(SABOTAGES)} switches built in {time.monotonic() - begin:.0f} s")
    begin = time.monotonic()
    for test in dict.fromkeys(sabotage.test for _, sabotage in chosen):
        passed, _, said = run(binary, folder, test)
        if not passed:
            fail(f"without any sabotage {test} fails: {said}")
    width = max(len(sabotage.name) for _, sabotage in chosen)
    missed = []
    for number, sabotage in chosen:
        passed, seconds, said = run(binary, folder, sabotage.test, number)
        verdict = "NOT CAUGHT" if passed else "caught"
        if passed:
            missed.append(sabotage.name)
        print(f"{sabotage.name:{width}}  {verdict} in {seconds:4.1f} s by {sabotage.test}: {said[:90]}", flush=True)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} caught in {time.monotonic() - begin:.0f} s")
    if missed:
        fail(f"not caught: {', '.join(missed)}")


main()
