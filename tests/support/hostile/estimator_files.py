"""``.skops`` files that name more than an estimator is made of."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression

from tests.support.hostile.canaries import ESCAPES, MARKUP, Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA, array_of_objects
from tests.support.paths import EXAMPLES

Node = dict[str, Any]
Part = Callable[[Place], Node]


def text(value: object, number: int = 1) -> Node:
    """Give a plain value as skops writes it."""
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
        "__id__": number,
    }


def several(*parts: Node, kind: str = "tuple", loader: str = "TupleNode") -> Node:
    return {
        "__class__": kind,
        "__module__": "builtins",
        "__loader__": loader,
        "content": list(parts),
        "__id__": 2,
    }


def named(module: str, name: str, loader: str, **more: Any) -> Node:
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 3, **more}


def by_function(place: Place) -> Node:
    content = {"module_path": "builtins", "function": "eval"}
    inner = named("builtins", "eval", "FunctionNode", content=content)
    keywords = {**several(kind="dict", loader="DictNode"), "content": {}, "key_types": several()}
    return named(
        "functools",
        "partial",
        "PartialNode",
        content={
            "func": inner,
            "args": several(text(place.code)),
            "kwds": keywords,
            "namespace": keywords,
        },
    )


def by_reduction(place: Place) -> Node:
    made = several(text(place.code))
    return named("builtins", "eval", "ConstructorFromReduceNode", content=made)


def by_method(place: Place) -> Node:
    of = named("pathlib", "Path", "ObjectNode", content=text(str(place.written)))
    return named("pathlib", "touch", "MethodNode", content={"obj": of, "func": "touch"})


def by_operator(place: Place) -> Node:
    return named("operator", "methodcaller", "OperatorFuncNode", attrs=several(text(place.code)))


def by_object(place: Place) -> Node:
    return named("subprocess", "Popen", "ObjectNode", content=text(f"touch {place.written}"))


def by_import(place: Place) -> Node:
    Path(place.work, "beside.py").write_text(place.code)
    return named("beside", "Kind", "TypeNode")


def by_another_loader(place: Place) -> Node:
    return named("builtins", "eval", "JsonNode", content=place.code, is_json=False)


def of_another_file(place: Place) -> Node:
    """Name an array that is not in the archive."""
    return {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "type": "numpy",
        "file": f"../../{place.secret.parent.name}/secret",
        "__id__": 4,
    }


def of_objects(_: Place) -> Node:
    """Name an array that is in the archive, as a pickle."""
    return {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "NdArrayNode",
        "type": "numpy",
        "file": "objects.npy",
        "__id__": 5,
    }


def speaking(_: Place) -> Node:
    return named(ESCAPES, MARKUP, "ObjectNode", content=text("x"))


_PARTS: list[Part] = [
    *(by_function, by_reduction, by_method, by_operator, by_object),
    *(by_import, by_another_loader, of_another_file, of_objects, speaking),
]


def _with_part(part: Part, setting: str) -> Callable[[Place], list[str]]:
    """Make a writer of an estimator with something else for one of its settings."""

    def make(place: Place) -> list[str]:
        path = place.work / "model.skops"
        members = members_of_estimator()
        schema = json.loads(members["schema.json"])
        schema["content"]["content"][setting] = part(place)
        members["schema.json"] = json.dumps(schema).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
            archive.writestr("objects.npy", array_of_objects(place))
        return ["scan", "model.skops", *DATA, *SCAN]

    return make


def members_of_estimator() -> dict[str, bytes]:
    with np.load(EXAMPLES / "digits.npz") as data:
        x, y = data["x_test"][:200].reshape(200, -1) / 255, data["y_test"][:200]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = skops.io.dumps(LogisticRegression(max_iter=20).fit(x, y))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _all() -> Iterator[Hostile]:
    for part in _PARTS:
        words = "--trust-model|damaged|cannot read|not to be found"
        yield Hostile(f"skops {part.__name__}", _with_part(part, "warm_start"), words)


MADE = [*_all()]
