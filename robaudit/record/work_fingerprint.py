"""What work is of, in fingerprints: the model, the data, and all that its blocks depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from robaudit.data.images import Images
from robaudit.errors import RobauditError
from robaudit.opening import trial_inputs
from robaudit.record.audit_fingerprint import facts_of, surroundings
from robaudit.storage.fingerprint import fingerprint
from robaudit.types import Classifier, FloatArray


@dataclass(frozen=True)
class Work:
    """The SHA-256 of a model, of data, and of both with all that computes."""

    model: str
    data: str
    whole: str


def work_on(
    classifier: Classifier,
    images: Images | None,
    *,
    device: str,
    code: Mapping[str, Any] | None = None,
) -> Work | None:
    """Give the fingerprints of work on a model; ``None`` where it cannot be told from others.

    A model that ``code`` may make, of which this is known, is told by its answers as well, scores
    and gradients: what is known of such code never is all of it. None is, if it does not
    answer the same each time.
    """
    answers: list[FloatArray] | None = []
    if code is not None or not classifier.fingerprint:
        answers = _answers(classifier)
        if answers is None:
            return None
    try:
        model = fingerprint(model=facts_of(classifier), code=code, answers=answers)
        data = fingerprint(images=images)
        computing = surroundings(classifier, device)
        return Work(model, data, fingerprint(model=model, data=data, **computing))
    except TypeError:  # an adapter says something of it that has no fingerprint
        return None


def _answers(classifier: Classifier) -> list[FloatArray] | None:
    x = trial_inputs(classifier.spec.shape)
    given = []
    try:
        for _ in range(2):
            scores = classifier.predict(x)
            given.append([scores])
            if classifier.vjp is not None:
                given[-1].append(classifier.vjp(x, np.ones_like(scores)))
    except RobauditError:  # which is said where it is used
        return None
    alike = all(map(np.array_equal, *given))
    return given[0] if alike else None
