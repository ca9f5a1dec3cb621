"""Run by tests with another backend of Keras: MODEL EXPECTED [CHECK...].

EXPECTED is what TensorFlow gave; the checks are those of the contract, all if
none is named.
"""

import sys
from pathlib import Path
from unittest import SkipTest

import numpy as np

import robaudit
from robaudit.testing import AdapterContract

model, expected = Path(sys.argv[1]), np.load(sys.argv[2])


class Contract(AdapterContract):
    saved_as = "model.keras"

    def make_classifier(self) -> robaudit.Classifier:
        return robaudit.load(model)

    def load(self, path: Path) -> robaudit.Classifier:
        return robaudit.load(path)


classifier = robaudit.load(model)
np.testing.assert_allclose(classifier.predict(expected["x"]), expected["scores"], atol=1e-5)
assert classifier.vjp is not None
gradient = classifier.vjp(expected["x"], expected["cotangent"])
np.testing.assert_allclose(gradient, expected["gradient"], atol=1e-5)
passed = []
for name in sys.argv[3:] or [one for one in dir(Contract) if one.startswith("test_")]:
    try:
        getattr(Contract(), name)()
        passed.append(name)
    except SkipTest:
        continue
sys.stdout.write(f"{classifier.details['backend']}: {len(passed)} checks")
