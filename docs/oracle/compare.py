"""Field by field comparison of two arrays of items, exact in types and digits."""

from exact_json import json_text, normal


def differences(ours, theirs):
    """One line of text for each item or field in which the two arrays differ."""
    if not isinstance(theirs, list) or not all(isinstance(item, dict) for item in theirs):
        yield "the saved output is not an array of objects"
        return
    order = [item.get("item_id") for item in theirs]
    if order != [item["item_id"] for item in ours] and len(order) == len(ours):
        yield f"items are in another order: {json_text(order)[:200]}"
    expected = {item["item_id"]: item for item in ours}
    found = {}
    for item in theirs:
        if not isinstance(item.get("item_id"), str):
            yield f"an item without an item_id: {json_text(item)[:200]}"
        elif item["item_id"] in found:
            yield f"{item['item_id']}: printed twice"
        else:
            found[item["item_id"]] = item
    for item_id in sorted(expected.keys() | found.keys()):
        if item_id not in found:
            yield f"{item_id}: missing"
        elif item_id not in expected:
            yield f"{item_id}: not in the log"
        else:
            for field in sorted(expected[item_id].keys() | found[item_id].keys()):
                yield from field_difference(item_id, field, expected[item_id], found[item_id])


def field_difference(item_id, field, expected, found):
    where = f"{item_id}.{field}"
    if field not in found:
        yield f"{where}: missing"
    elif field not in expected:
        yield f"{where}: not a field of the view: {json_text(found[field])}"
    elif normal(expected[field]) != normal(found[field]):
        want, have = expected[field], found[field]
        if isinstance(want, list) and isinstance(have, list):
            # Lists can be long: show what only one side has, or the order when both have the same.
            all_want, all_have = normal(want), normal(have)
            only_want = [one for one, key in zip(want, all_want) if key not in all_have]
            only_have = [one for one, key in zip(have, all_have) if key not in all_want]
            if only_want or only_have:
                want, have = only_want, only_have
        yield f"{where}: expected {json_text(want)}, found {json_text(have)}"
