"""From pixels to what a model was trained on: layout, channel order, mean and std.

The search lives in a box of pixels, arranged as the model's input is; what is
left, ``(pixels - mean) / std``, is wrapped around the model.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from robaudit.data.images import Images
from robaudit.errors import DataError, UsageError
from robaudit.types import (
    Bound,
    Classifier,
    FloatArray,
    IntArray,
    Predict,
    Prober,
    Train,
    TrainPlan,
    VectorJacobianProduct,
)

Channels = Literal["rgb", "bgr", "grey"]
Layout = Literal["CHW", "HWC", "HW", "flat"]


@dataclass(frozen=True)
class Arrangement:
    """How the pixels of an image become one input of a model.

    ``image_shape`` is (height, width, channels). ``layout`` is the order of axes
    before they are reshaped to the model's input; "flat" data is reshaped only.
    """

    image_shape: tuple[int, ...]
    layout: Layout
    channels: Channels

    def arrange(self, pixels: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        """Bring images (n, *image_shape) into a model's input: (n, *shape)."""
        if self.channels == "bgr":
            pixels = pixels[..., ::-1]
        if self.layout == "CHW":
            pixels = pixels.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(pixels.reshape(len(pixels), *shape))

    def restore(self, x: FloatArray) -> FloatArray | None:
        """Bring inputs (n, *shape) back into images (n, height, width, channels), in RGB.

        ``None`` for inputs that are no pictures.
        """
        if len(self.image_shape) != 3:
            return None
        height, width, channels = self.image_shape
        if self.layout == "CHW":
            pixels = x.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
        else:
            pixels = x.reshape(-1, height, width, channels)
        return pixels[..., ::-1] if self.channels == "bgr" else pixels


@dataclass(frozen=True)
class Preprocessing:
    """All that happens between an image's pixels in 0..1 and a model's input.

    ``mean`` and ``std`` hold one number, or one a channel in the order in which
    the model takes its channels.
    """

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    arrangement: Arrangement

    def __post_init__(self) -> None:
        channels = self.arrangement.image_shape[-1] if self.arrangement.layout != "flat" else 1
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, channels):
                raise UsageError(
                    f"--{name} of {len(values)} numbers for images of {channels} channel(s)",
                    expected=f"1 or {channels}" if channels > 1 else "1",
                )
        if not all(value > 0 for value in self.std):
            raise UsageError(f"--std {self.std}", expected="numbers above 0")

    def __str__(self) -> str:
        parts = [self.name]
        if self.arrangement.layout != "flat":
            parts.append(self.arrangement.layout)
        if self.arrangement.channels != "grey":
            parts.append(self.arrangement.channels.upper())
        return ", ".join(parts)


def arrangements(image_shape: tuple[int, ...], shape: tuple[int, ...]) -> list[Arrangement]:
    """List the ways in which images can be arranged as inputs of a shape, usual ones first.

    >>> [a.layout for a in arrangements((32, 32, 3), (3072,))]
    ['CHW', 'CHW', 'HWC', 'HWC']
    >>> arrangements((28, 28, 1), (28, 28, 1))[0].layout
    'HWC'
    """
    if len(image_shape) == 1:
        fits = np.prod(shape) == image_shape[0]
        return [Arrangement(image_shape, "flat", "grey")] if fits else []
    height, width, depth = image_shape
    wanted = _without_ones(shape)
    flat = (height * width * depth,)
    layouts: list[Layout] = []
    if wanted in (_without_ones((depth, height, width)), _without_ones(flat)):
        layouts.append("CHW")
    if depth > 1 and wanted in (_without_ones(image_shape), flat):
        layouts.append("HWC")
    if depth == 1 and layouts:
        layouts = ["CHW" if shape[0] == 1 else "HWC" if shape[-1] == 1 else "HW"]
    orders: tuple[Channels, ...] = ("rgb", "bgr") if depth == 3 else ("grey",)
    return [Arrangement(image_shape, layout, order) for layout in layouts for order in orders]


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def fit_channels(images: Images, shape: tuple[int, ...]) -> tuple[Images, str | None]:
    """Give images the number of channels that a model takes, if that can be done losslessly.

    Grey images are repeated over three channels, and colour images whose channels
    are all the same become grey. Returns the images and what was done, if anything.

    Raises DataError for images that cannot be arranged as inputs of ``shape``.
    """
    if arrangements(images.image_shape, shape):
        return images, None
    pixels = images.pixels
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        repeated = np.broadcast_to(pixels, (*pixels.shape[:3], 3))
        if arrangements(repeated.shape[1:], shape):
            return replace(images, pixels=repeated), "grey images, repeated over three channels"
    if pixels.ndim == 4 and pixels.shape[3] == 3:
        grey = pixels[..., :1]
        if arrangements(grey.shape[1:], shape):
            if (pixels == grey).all():
                return replace(images, pixels=grey), "grey images that were stored in colour"
            raise DataError(
                f"{images.source} holds colour images",
                expected=f"grey ones, for a model whose input is {shape}",
            )
    raise DataError(
        f"images of shape {images.image_shape} in {images.source}",
        expected=f"images that fit the model's input, {shape}",
        advice="Folders of pictures can be brought to one size with --image-size HEIGHTxWIDTH.",
    )


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
        return lambda x, directions, low, high: prober(
            self(x), directions / self.std, self(low), self(high)
        )

    def vjp(self, vjp: VectorJacobianProduct) -> VectorJacobianProduct:
        return lambda x, cotangent: vjp(self(x), cotangent) / self.std

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
    normalise = _Normalisation(
        _spread(preprocessing.mean, preprocessing, classifier.spec.shape),
        _spread(preprocessing.std, preprocessing, classifier.spec.shape),
    )
    if not normalise.mean.any() and (normalise.std == 1).all():
        return classifier
    prober, vjp, train = classifier.prober, classifier.vjp, classifier.train
    twin = classifier.twin
    return replace(
        classifier,
        spec=replace(classifier.spec, low=0.0, high=1.0),
        predict=normalise.predict(classifier.predict),
        prober=prober and normalise.prober(prober),
        vjp=vjp and normalise.vjp(vjp),
        train=train and normalise.train(train, preprocessing),
        twin=twin and normalise.predict(twin),
    )


def _spread(
    values: tuple[float, ...], preprocessing: Preprocessing, shape: tuple[int, ...]
) -> FloatArray:
    """Spread one number a channel over an input: a scalar, or an array of ``shape``."""
    if len(values) == 1:
        return np.asarray(values[0], dtype=np.float32)
    height, width, channels = preprocessing.arrangement.image_shape
    planes = np.asarray(values, dtype=np.float32)
    if preprocessing.arrangement.layout == "CHW":
        full = np.broadcast_to(planes[:, None, None], (channels, height, width))
    else:
        full = np.broadcast_to(planes, (height, width, channels))
    return full.reshape(shape)
