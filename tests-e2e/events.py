"""Event lines: how they are made, and how files of them are read and written."""

import base64
import json
from pathlib import Path

import blake3

HEADER = (
    "# bones event log v1",
    "# fields: wall_ts_us\tagent\titc\tparents\ttype\titem_id\tdata\tevent_hash",
)
PLACEHOLDER = "itc:AQ"


def data_text(data):
    """The data column as bones writes it: sorted, compact, non-ASCII text as it is."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_text(raw, form="base64"):
    if form == "hex":
        return "blake3:" + raw.hex()
    return "blake3:" + base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def event(wall, agent, kind, item, data, itc=PLACEHOLDER, parents="", form="base64"):
    """One line without its end, and its 32 hash bytes. `data` is an object, or its text when the
    text itself is the point."""
    text = data if isinstance(data, str) else data_text(data)
    columns = "\t".join((str(wall), agent, itc, parents, kind, item, text))
    raw = blake3.digest((columns + "\n").encode("utf-8"))
    return f"{columns}\t{hash_text(raw, form)}", raw


def read_lines(folder):
    """The event lines of a folder as bytes, without comments, blank lines and line ends."""
    lines = []
    for path in sorted(Path(folder).glob("*.events")):
        for line in path.read_bytes().split(b"\n"):
            line = line.rstrip(b"\r")
            if line.strip() and not line.startswith(b"#"):
                lines.append(line)
    return lines


def write_lines(path, lines):
    """An events file of these lines, each text or bytes."""
    whole = [line if isinstance(line, bytes) else line.encode("utf-8") for line in [*HEADER, *lines]]
    Path(path).write_bytes(b"".join(line + b"\n" for line in whole))
    return Path(path)
