"""JSON and TOML: trees of values."""

import json
import tomllib
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.fuzz.mutations.raw import mutate_bytes
from tests.fuzz.mutations.values import anything, nested, number, text

_HOLE = "\ufffchole"
"""Stands in a tree for text that no tree can be made of: nested more deeply than Python may."""


def mutate_json(content: bytes, random: Random) -> bytes:
    """Change JSON, an object or one a line; raises ValueError where it is none."""
    lines = content.decode().splitlines()
    if len(lines) > 1 and lines[0].startswith("{") and lines[0].endswith("}"):
        place = random.randrange(len(lines))
        lines[place] = mutate_json(lines[place].encode(), random).decode(errors="replace")
        return "\n".join(lines).encode()
    if random.random() < 0.1:
        return mutate_bytes(content, random)
    tree = mutate_tree(json.loads(content), random)
    written = json.dumps(tree, ensure_ascii=random.random() < 0.5)
    depth = random.choice((2_000, 100_000))
    deep = random.choice(("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth))
    huge = random.choice((deep, "1e400", "-0", "1" * 5000, "NaN", "Infinity", '"\\ud800"'))
    return written.replace(json.dumps(_HOLE), huge).encode(errors="surrogatepass")


def mutate_toml(content: bytes, random: Random) -> bytes:
    """Change TOML; raises ValueError where it is none."""
    if random.random() < 0.3:
        return mutate_bytes(content, random)
    tree = mutate_tree(tomllib.loads(content.decode()), random)
    if not isinstance(tree, dict):
        tree = {"samples": tree}
    return "".join(f"{_toml(str(key))} = {_toml(value)}\n" for key, value in tree.items()).encode(
        errors="surrogatepass"
    )


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_toml(str(key))} = {_toml(one)}" for key, one in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float) or value is None:
        return {"inf": "inf", "nan": "nan", "None": "'none'"}.get(str(value), repr(value))
    return json.dumps(value)


def mutate_tree(tree: Any, random: Random) -> Any:
    """Change a tree of lists, tables and plain values, in place, in one spot."""
    spots = list(_spots(tree))
    if not spots:
        return anything(random)
    holder, key = random.choice(spots)
    random.choice(_WAYS)(holder, key, random, spots)
    return tree


def _spots(tree: Any) -> Iterator[tuple[Any, Any]]:
    """List where values lie: in what, and under which key or at which place."""
    pairs = list(tree.items() if isinstance(tree, dict) else enumerate(tree)) if isinstance(
        tree, dict | list) else []  # fmt: skip
    for key, value in pairs:
        yield tree, key
        yield from _spots(value)


def _replace(holder: Any, key: Any, random: Random, _spots: Any) -> None:
    holder[key] = anything(random)


def _near(holder: Any, key: Any, random: Random, _spots: Any) -> None:
    """Change a value, and keep its kind."""
    value = holder[key]
    if isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = random.choice((value + 1, value - 1, -value, value * 1000, number(random)))
    elif isinstance(value, float):
        holder[key] = random.choice((-value, value * 2, int(value) if abs(value) < 1e9 else 0,
                                     number(random)))  # fmt: skip
    elif isinstance(value, str):
        holder[key] = random.choice((text(random), value + text(random), value.upper(), value[:-1]))
    elif isinstance(value, list):
        holder[key] = random.choice((value[:-1], value * 2, value[::-1], [value], value[:1] * 500))
    else:
        holder[key] = random.choice((list(value or ()), {}, [value], text(random)))


def _delete(holder: Any, key: Any, _random: Random, _spots: Any) -> None:
    del holder[key]


def _rename(holder: Any, key: Any, random: Random, _spots: Any) -> None:
    if isinstance(holder, dict):
        holder[text(random)[:200]] = holder.pop(key)
    else:
        holder.insert(key, holder[key])


def _move(holder: Any, key: Any, random: Random, spots: Any) -> None:
    other, place = random.choice(spots)
    copied = json.loads(json.dumps(other[place], default=str))
    holder[key] = copied


def _deepen(holder: Any, key: Any, random: Random, _spots: Any) -> None:
    holder[key] = random.choice((nested(random.choice((1, 20)), holder[key]), _HOLE))


_WAYS = (_replace, _replace, _near, _near, _near, _delete, _rename, _move, _deepen)
