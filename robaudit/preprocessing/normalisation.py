"""From pixels to what a model was trained on: layout, channel order, mean and std.

The search lives in a box of pixels, arranged as the model's input is; what is
left, ``(pixels - mean) / std``, is wrapped around the model.
"""

from dataclasses import dataclass, replace

import numpy as np

from robaudit.errors import UsageError
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.types import (
    Bound,
    Classifier,
    FloatArray,
    IntArray,
    Logits,
    Predict,
    Probe,
    Prober,
    Pull,
    PullBack,
    Train,
    TrainPlan,
    VectorJacobianProduct,
    Weights,
)


@dataclass(frozen=True)
class Preprocessing:
    """All that happens between an image's pixels in 0..1 and a model's input.

    ``mean`` and ``std`` hold one number, or one a channel in the order in which
    the model takes its channels. Of ``inverted`` pictures black and white are exchanged
    before these are applied: a pixel of 0.2 becomes 0.8.
    """

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    arrangement: Arrangement
    inverted: bool = False

    def __post_init__(self) -> None:
        channels = self.arrangement.image_shape[-1] if self.arrangement.layout != "flat" else 1
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, channels):
                raise UsageError(
                    f"`{name}` of {len(values)} numbers for inputs of {channels} channel(s)",
                    expected=f"1 or {channels}" if channels > 1 else "1",
                )
        if not all(value > 0 for value in self.std):
            raise UsageError(f"`std={self.std}`", expected="numbers above 0")

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Say what of a picture is exchanged, if anything is."""
        return (
            *(["rows and columns exchanged"] if self.arrangement.exchanged else []),
            *(["black and white exchanged"] if self.inverted else []),
        )

    def __str__(self) -> str:
        parts = [self.name, *self.exchanges]
        if self.arrangement.layout != "flat":
            parts.append(self.arrangement.layout)
        if self.arrangement.channels != "grey":
            parts.append(self.arrangement.channels.upper())
        return ", ".join(parts)


@dataclass(frozen=True)
class _Normalisation:
    """``(x - mean) / std``, and what it makes of each thing that a classifier can do."""

    mean: FloatArray
    std: FloatArray

    def __call__(self, x: FloatArray | Bound) -> FloatArray:
        return np.asarray((x - self.mean) / self.std)

    def predict(self, predict: Predict) -> Predict:
        return lambda x: predict(self(x))

    def prober(self, prober: Prober) -> Prober:
        def bind(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
            ends = self(low), self(high)  # of inverted pictures, the second is the lower
            return prober(self(x), directions / self.std, np.minimum(*ends), np.maximum(*ends))

        return bind

    def vjp(self, vjp: VectorJacobianProduct) -> VectorJacobianProduct:
        if not isinstance(vjp, PullBack):
            return lambda x, cotangent: vjp(self(x), cotangent) / self.std

        def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
            scores, pull = vjp.forward(self(x))
            return scores, lambda cotangent: pull(cotangent) / self.std

        return PullBack(forward)

    def weights(self, weights: Weights, preprocessing: Preprocessing) -> Weights:
        return Weights(
            weights.take,
            lambda arrays, x: normalised(weights.put(arrays, self(x)), preprocessing),
        )

    def train(self, train: Train, preprocessing: Preprocessing) -> Train:
        def train_on_pixels(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
            after_epoch, perturb = plan.after_epoch, plan.perturb
            plan = replace(
                plan,
                after_epoch=after_epoch
                and (lambda epoch, trained: after_epoch(epoch, normalised(trained, preprocessing))),
                perturb=perturb
                and (
                    lambda trainee, inputs, labels: self(
                        perturb(
                            normalised(trainee, preprocessing),
                            np.asarray(inputs * self.std + self.mean),
                            labels,
                        )
                    )
                ),
            )
            return normalised(train(self(x), y, plan), preprocessing)

        return train_on_pixels


def normalised(classifier: Classifier, preprocessing: Preprocessing) -> Classifier:
    """Make a classifier over pixels in 0..1 of one over normalised inputs.

    All that it can do is carried over: gradients by the chain rule, training on
    normalised inputs, and the search's fast path in a normalised box.
    """
    mean = _spread(preprocessing.mean, preprocessing, classifier.spec.shape)
    std = _spread(preprocessing.std, preprocessing, classifier.spec.shape)
    if preprocessing.inverted:
        mean, std = 1 - mean, -std  # which makes it (1 - x - mean) / std
    normalise = _Normalisation(mean, std)
    if not normalise.mean.any() and (normalise.std == 1).all():
        return classifier
    prober, vjp, train = classifier.prober, classifier.vjp, classifier.train
    twin, logits, weights = classifier.twin, classifier.logits, classifier.weights
    return replace(
        classifier,
        spec=replace(classifier.spec, low=0.0, high=1.0),
        predict=normalise.predict(classifier.predict),
        prober=prober and normalise.prober(prober),
        vjp=vjp and normalise.vjp(vjp),
        train=train and normalise.train(train, preprocessing),
        weights=weights and normalise.weights(weights, preprocessing),
        twin=twin and normalise.predict(twin),
        logits=logits and Logits(normalise.predict(logits.predict), normalise.vjp(logits.vjp)),
    )


def _spread(
    values: tuple[float, ...], preprocessing: Preprocessing, shape: tuple[int, ...]
) -> FloatArray:
    """Spread one number a channel over an input: a scalar, or an array of ``shape``."""
    if len(values) == 1:
        return np.asarray(values[0], dtype=np.float32)
    height, width, channels = preprocessing.arrangement.picture_shape
    planes = np.asarray(values, dtype=np.float32)
    if preprocessing.arrangement.layout == "CHW":
        full = np.broadcast_to(planes[:, None, None], (channels, height, width))
    else:
        full = np.broadcast_to(planes, (height, width, channels))
    return full.reshape(shape)
