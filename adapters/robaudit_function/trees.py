"""Trees in files that nobody vouches for.

scikit-learn follows the numbers in a tree's nodes without looking where they lead: one that
points outside of it reads, and with boosting writes, whatever is there. So they are looked
at before anything is predicted.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from robaudit.errors import NotAuditableError, UsageError

_LEAF = -1


def refuse_broken_trees(model: Any, name: str) -> None:
    """Raise NotAuditableError where a tree of an estimator leads outside of its nodes or inputs.

    Raises UsageError, which asks for consent, for trees that are not looked into.
    """
    try:
        _look_into(model, None, None, set())
    except _UncheckedError as error:
        raise UsageError(
            f"{name} holds {error}, which nothing has checked",
            expected="trees that compare numbers, or consent",
            advice="If you trust whoever made it with your machine, add `trust=True`.",
        ) from None
    except _BrokenError as error:
        raise NotAuditableError(
            f"{name} is damaged, or made to do harm: {error}",
            expected="trees whose nodes lead to each other, and look at features that there are",
            advice="Fit and save it again.",
        ) from None


class _BrokenError(Exception):
    """A tree cannot have been made by scikit-learn; the message says why."""


class _UncheckedError(Exception):
    """A tree is of a kind that is not looked into; the message says which."""


def _look_into(value: Any, width: int | None, limit: int | None, seen: set[int]) -> None:
    """Look at all trees that something holds.

    ``width`` is how many features those have that they are given, ``limit`` how many at
    most the members of an ensemble have, which checks its input for the first of them alone.
    """
    if id(value) in seen:
        return
    seen.add(id(value))
    kind = type(value).__name__
    if kind == "Tree":
        _check_tree(value, width)
    elif kind == "TreePredictor":
        _check_predictor(value, width)
    elif isinstance(value, Mapping):
        for each in value.values():
            _look_into(each, width, limit, seen)
    elif isinstance(value, list | tuple | set) or _holds_objects(value):
        for each in np.ravel(value) if isinstance(value, np.ndarray) else value:
            _look_into(each, width, limit, seen)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        _look_into_object(value, width, limit, seen)


def _look_into_object(value: Any, width: int | None, limit: int | None, seen: set[int]) -> None:
    own = _features_of(value)
    width = width if own is None else own if limit is None else min(own, limit)
    members = list(_flat(vars(value).get("estimators_")))
    widths = [each for each in map(_features_of, members) if each is not None]
    least = min([*widths, *([] if width is None else [width])], default=None)
    for name, part in vars(value).items():
        among = name in ("estimators_", "_predictors")
        _look_into(part, least if among else width, least if among else None, seen)
    if type(value).__name__.startswith("GradientBoosting"):
        _check_boosting(value)
    if getattr(value, "_preprocessor", None) is not None:
        raise _UncheckedError("trees of categories")


def _features_of(value: Any) -> int | None:
    """Give how many features an estimator takes, ``None`` for what is no estimator."""
    try:
        features = value.n_features_in_
    except Exception:  # noqa: BLE001 - a pipeline asks its first step, which may be anything
        return None
    return int(features)


def _holds_objects(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.object_


def _flat(members: Any) -> Iterator[Any]:
    """List the members of an ensemble, in whatever lists and arrays they stand."""
    if isinstance(members, list | tuple) or _holds_objects(members):
        for each in members:
            yield from _flat(each)
    elif members is not None:
        yield members


def _check_tree(tree: Any, width: int | None) -> None:
    if tree.n_outputs != 1 or not 0 < tree.node_count == tree.capacity:
        raise _BrokenError(f"a tree of {tree.node_count} nodes for {tree.n_outputs} outputs")
    inner = tree.children_left != _LEAF
    _check_nodes(tree.children_left, tree.children_right, tree.feature, inner, width)


def _check_predictor(predictor: Any, width: int | None) -> None:
    nodes = predictor.nodes
    if not isinstance(nodes, np.ndarray) or nodes.ndim != 1 or not len(nodes):
        raise _BrokenError("a tree without nodes")
    if nodes["is_categorical"].any():
        raise _UncheckedError("trees of categories")
    inner = nodes["is_leaf"] == 0
    left, right = (nodes[side].astype(np.int64) for side in ("left", "right"))
    _check_nodes(left, right, nodes["feature_idx"], inner, width)


def _check_nodes(
    left: npt.NDArray[Any],
    right: npt.NDArray[Any],
    feature: npt.NDArray[Any],
    inner: npt.NDArray[np.bool_],
    width: int | None,
) -> None:
    """Check that nodes lead to later ones, so that every way ends, and ask for known features."""
    own = np.arange(len(inner))[inner]
    for side in (left[inner], right[inner]):
        if (side <= own).any() or (side >= len(inner)).any():
            raise _BrokenError("a node leads to one that is not there, or to one before it")
    asked = feature[inner]
    if len(asked) and (width is None or asked.min() < 0 or asked.max() >= width):
        raise _BrokenError(f"a node asks for feature {asked.max()} of {width}")


def _check_boosting(model: Any) -> None:
    """Check that there is a column for each tree of a step: they are added where it should be."""
    init = model.init_
    if not isinstance(init, str) and type(init).__name__ != "DummyClassifier":
        raise _UncheckedError(f"boosting that starts from a {type(init).__name__}")
    steps = model.estimators_
    if not _holds_objects(steps) or steps.ndim != 2 or not steps.size:
        raise _BrokenError("boosting without steps")
    x = np.zeros((2, model.n_features_in_), dtype=np.float32)
    start = model._raw_predict_init(x)  # noqa: SLF001 - there is no public way to these
    if start.shape != (2, steps.shape[1]) or start.dtype != np.float64:
        raise _BrokenError(f"{steps.shape[1]} trees a step, added to scores {start.shape}")
