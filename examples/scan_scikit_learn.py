"""Audit a scikit-learn estimator: whatever has ``predict`` and ``classes_`` is a classifier.

pip install "robaudit[sklearn]"
python examples/scan_scikit_learn.py
"""

from pathlib import Path

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import robaudit

DIGITS = Path(__file__).parent / "digits.npz"


def main() -> None:
    """Fit on the training part, audit on the test part, and say what came out."""
    train = robaudit.read_images(DIGITS, split="train")
    pixels = train.unit_pixels(slice(None)).reshape(len(train), -1)
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    estimator.fit(pixels, train.labels)

    classifier = robaudit.load(estimator)
    audit = robaudit.scan(classifier, robaudit.read_images(DIGITS), plan="quick")
    record = robaudit.make_record(audit)
    margin = record["margins"]["restricted_mean"]
    print(f"accuracy {record['clean']['accuracy']['value']:.3f}")
    print(f"margin {margin['value']:.3f} ({margin['low']:.3f} to {margin['high']:.3f})")


if __name__ == "__main__":
    main()
