#!/usr/bin/env python3
"""Removes the rules of the algebra one by one and demands that the simulation notices.

Copies the crates into a folder under the target directory, turns every place named in `rules.py` into
a switch, builds once, and runs the simulation with one switch thrown after the other until a seed
fails. A rule whose removal no seed notices is an error; so is a place that is not found exactly once,
which is how the list stays true to the source.

    python3 sim/mutations.py [--seeds N] [--only NAME ...] [--list]
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import rules

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES = [
    "lattice-core",
    "lattice-core/derive",
    "lattice-lww",
    "lattice-orset",
    "bones-snapshot",
    "bones-compact",
    "sim",
]
BINARY = "lattice-sim-mutated"
VARIABLE = "LATTICE_SIM_MUTATION"
# Read once; a number is compared because the places are in inner loops.
SWITCH = '''
#[doc(hidden)]
#[allow(missing_docs, clippy::all)]
pub mod mutated {
    extern crate std;
    static ON: std::sync::LazyLock<Option<u32>> =
        std::sync::LazyLock::new(|| std::env::var("%s").ok()?.parse().ok());
    pub fn is(rule: u32) -> bool {
        *ON == Some(rule)
    }
}
''' % VARIABLE


def fail(message):
    sys.exit(f"mutations: {message}")


def span(source, place):
    """Where in the source the marked part of a place stands."""
    if place.find.count("«") != 1 or place.find.count("»") != 1:
        fail(f"mark one part with «» in: {place.find}")
    before, rest = place.find.split("«")
    original, after = rest.split("»")
    # Line breaks and indents are the formatter's: any white space matches any other.
    pieces = [pattern(part) for part in (before, original, after)]
    found = [m.span(1) for m in re.finditer("%s(%s)%s" % tuple(pieces), source)]
    if len(found) != 1:
        fail(f"{place.file}: found {len(found)} times, must be once:\n{place.find}")
    return found[0]


def pattern(text):
    words = re.split(r"(\s+)", text)
    return "".join(r"\s*" if word.isspace() else re.escape(word) for word in words if word)


def switched(source, cuts, function):
    """The source with every cut a switch; cuts of one span make one chain."""
    spans = {}
    for (start, end), number, mutated in cuts:
        spans.setdefault((start, end), []).append((number, mutated))
    ordered = sorted(spans, reverse=True)
    for (start, _), (_, end) in zip(ordered, ordered[1:]):
        if end > start:
            fail(f"two places overlap: {source[start:end]}")
    for start, end in ordered:
        original = source[start:end]
        chain = f"{{ {original} }}"
        for number, mutated in reversed(spans[start, end]):
            chain = f"if {function}({number}) {{ {mutated} }} else {chain}"
        # An expression may stand within another one, a statement may not stand in parentheses.
        chain = chain if original.endswith(";") else f"({chain})"
        source = source[:start] + chain + source[end:]
    return source


def copy(folder, chosen):
    """The crates in the folder, with a switch for every rule. Files that did not change stay."""
    wanted = {}
    for crate in CRATES:
        for path in [ROOT / crate / "Cargo.toml", ROOT / crate / "README.md", *(ROOT / crate / "src").rglob("*")]:
            if path.is_file():
                wanted[path.relative_to(ROOT)] = path.read_text(encoding="utf-8")
    cuts = {}
    for number, rule in enumerate(chosen):
        for place in rule.places:
            file = pathlib.Path(place.file)
            if file not in wanted:
                fail(f"no such file: {file}")
            cuts.setdefault(file, []).append((span(wanted[file], place), number, place.mutated))
    for file, places in cuts.items():
        function = "crate::mutated::is" if file.parts[0] == "lattice-core" else "::lattice_core::mutated::is"
        wanted[file] = switched(wanted[file], places, function)
    wanted[pathlib.Path("lattice-core/src/lib.rs")] += SWITCH
    # The target directory is shared, so that nothing from outside is built twice; the binary is not.
    sim = pathlib.Path("sim/Cargo.toml")
    wanted[sim] = wanted[sim].replace('[[bin]]\nname = "lattice-sim"', f'[[bin]]\nname = "{BINARY}"')
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    manifest = re.sub(r"(?ms)^(default-)?members = \[.*?\]\n", "", manifest)
    manifest = re.sub(r"(?m)^exclude = .*\n", "", manifest)
    manifest = re.sub(r"(?ms)^\[workspace.lints.rust\]\n.*?\n\n", '[workspace.lints.rust]\nwarnings = "allow"\n\n', manifest)
    members = ", ".join(f'"{crate}"' for crate in CRATES)
    wanted[pathlib.Path("Cargo.toml")] = manifest.replace("[workspace]\n", f"[workspace]\nmembers = [{members}]\n", 1)
    for path in list(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder) not in wanted and path.name != "Cargo.lock":
            path.unlink()
    for file, text in wanted.items():
        path = folder / file
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    shutil.copyfile(ROOT / "Cargo.lock", folder / "Cargo.lock")


def build(folder, target):
    command = ["cargo", "build", "-q", "--profile", "test", "-p", "lattice-sim"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    outcome = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if outcome.returncode != 0:
        sys.stderr.write(outcome.stderr)
        fail("the mutated sources do not build")
    return target / "debug" / BINARY


def run(binary, seeds, number=None):
    """The first failing seed, the check and what it said; or `None` when all seeds pass."""
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    if number is not None:
        environment[VARIABLE] = str(number)
    command = [str(binary), "--first", "--seeds", str(seeds)]
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True)
    if outcome.returncode == 0:
        return None
    found = re.search(r"^seed (\d+)\t(.*?)\t(.*)$", outcome.stdout, re.M)
    if not found:
        fail(f"the simulation died of something else:\n{outcome.stdout[-500:]}{outcome.stderr[-500:]}")
    return found.groups()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=1000, help="how many seeds a mutation may live through")
    arguments.add_argument("--only", nargs="+", metavar="NAME", help="only these rules")
    arguments.add_argument("--list", action="store_true", help="print the rules and stop")
    arguments = arguments.parse_args()
    chosen = [rule for rule in rules.RULES if not arguments.only or rule.name in arguments.only]
    names = [rule.name for rule in rules.RULES]
    if len(set(names)) != len(names):
        fail("two rules have one name")
    if not chosen:
        fail("no such rule")
    if arguments.list:
        for rule in chosen:
            print(f"{rule.section:4} {rule.name}: {rule.removed}")
        return
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    folder = target / "sim-mutations"
    folder.mkdir(parents=True, exist_ok=True)
    # All switches are built in, also those that are not asked for: the numbers stay the same.
    copy(folder, rules.RULES)
    begin = time.monotonic()
    built = build(folder, target)
    print(f"{len(rules.RULES)} switches built in {time.monotonic() - begin:.0f} s")
    begin = time.monotonic()
    unmutated = run(built, min(arguments.seeds, 100))
    if unmutated:
        fail(f"without any mutation seed {unmutated[0]} fails: {unmutated[1]}: {unmutated[2]}")
    width = max(len(rule.name) for rule in chosen)
    print(f"{'section':8}{'rule that was removed':{width}}  first seed  check")
    survivors = []
    for number, rule in enumerate(rules.RULES):
        if rule not in chosen:
            continue
        found = run(built, arguments.seeds, number)
        if found is None:
            survivors.append(rule.name)
            print(f"{rule.section:8}{rule.name:{width}}  {'SURVIVES':>10}", flush=True)
        else:
            print(f"{rule.section:8}{rule.name:{width}}  {found[0]:>10}  {found[1]}", flush=True)
    for rule in rules.INVISIBLE:
        print(f"{rule.section:8}{rule.name:{width}}  cannot be seen: {rule.why}")
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutations found in {time.monotonic() - begin:.0f} s")
    if survivors:
        fail(f"no seed notices the removal of: {', '.join(survivors)}")


main()
