"""Estimators of scikit-learn, by skops and as pickles."""

import io
import json
import pickle
import zipfile
from typing import Any

import joblib
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tests.fuzz.seeds.seed import Seed, pictures, scanned


def skops_seeds() -> list[Seed]:
    """Estimators of several kinds."""
    x, y = pictures()
    inputs = x.reshape(len(x), -1) / 255
    estimators: tuple[Any, ...] = (
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=3, random_state=0),
        make_pipeline(StandardScaler(), MLPClassifier((4,), solver="lbfgs", random_state=0)),
        SVC(),
    )
    return [
        scanned({"model.skops": _numbered(skops.io.dumps(one.fit(inputs, y)))}, "model.skops")
        for one in estimators
    ]


def pickle_seeds() -> list[Seed]:
    """Pickles, which are refused."""
    x, y = pictures()
    estimator = LogisticRegression().fit(x.reshape(len(x), -1) / 255, y)
    kept = io.BytesIO()
    joblib.dump(estimator, kept)
    files = {"model.pkl": pickle.dumps(estimator), "model.joblib": kept.getvalue()}
    return [scanned({name: content}, name, refused=True) for name, content in files.items()]


def _numbered(content: bytes) -> bytes:
    """Number the objects of a file, whose names are else their places in memory."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w") as new:
        schema = old.read("schema.json").decode()
        members = [name for name in old.namelist() if name != "schema.json"]
        places = {name: f"{number}.npy" for number, name in enumerate(members)}
        numbers: dict[int, int] = {}

        def walk(node: Any) -> Any:
            if isinstance(node, dict):
                return {key: number(value) if key == "__id__" else walk(value)
                        for key, value in node.items()}  # fmt: skip
            if isinstance(node, list):
                return [walk(value) for value in node]
            return places.get(node, node) if isinstance(node, str) else node

        def number(identity: int) -> int:
            return numbers.setdefault(identity, len(numbers) + 1)

        new.writestr(zipfile.ZipInfo("schema.json"), json.dumps(walk(json.loads(schema))))
        for name in members:
            new.writestr(zipfile.ZipInfo(places[name]), old.read(name))
    return kept.getvalue()
