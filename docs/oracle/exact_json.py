"""JSON without loss: exact numbers in, the same digits out."""

import json
import math
from decimal import Decimal


class Members(dict):
    """A JSON object that remembers whether a member name stood in it twice."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.twice = len(self) < len(pairs)


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def exact(number):
    """Every digit of a number; one beyond what a double holds is refused, as most readers would."""
    if math.isinf(float(number)):
        raise ValueError("a number out of range")
    return Decimal(number)


def parse_json(text):
    """JSON with exact numbers: Decimal for all of them, so that no digit can be lost unseen."""
    value = json.loads(
        text,
        object_pairs_hook=Members,
        parse_int=exact,
        parse_float=exact,
        parse_constant=refuse_constant,
    )
    json_text(value, ascii_only=False).encode("utf-8")  # a lone surrogate is no text
    return value


def json_text(value, ascii_only=True):
    """Compact JSON; a Decimal is printed with every digit it has."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        members = (
            json_text(name, ascii_only) + ":" + json_text(member, ascii_only)
            for name, member in value.items()
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(json_text(member, ascii_only) for member in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


def normal(value):
    """A form in which == is JSON equality: true is not 1, and 1 is the integer 1 everywhere."""
    if isinstance(value, dict):
        return {key: normal(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [normal(member) for member in value]
    if isinstance(value, bool):
        return ("bool", value)
    return Decimal(value) if isinstance(value, int) else value
