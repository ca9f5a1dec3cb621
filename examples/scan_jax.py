"""Audit a JAX function, with its gradients: a classifier is a record of functions.

pip install robaudit jax
python examples/scan_jax.py
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import robaudit
from robaudit import Classifier, Images, InputSpec

DIGITS = Path(__file__).parent / "digits.npz"
STEPS = 300


def main() -> None:
    """Train a small network, audit it, and say what came out."""
    train = robaudit.read_images(DIGITS, split="train")
    classifier = make_classifier(train_network(train))
    audit = robaudit.scan(classifier, robaudit.read_images(DIGITS), plan="quick")
    record = robaudit.make_record(audit)
    margin = record["margins"]["restricted_mean"]
    print(f"it can {', '.join(record['model']['capabilities'])}")
    print(f"accuracy {record['clean']['accuracy']['value']:.3f}")
    print(f"margin {margin['value']:.3f} ({margin['low']:.3f} to {margin['high']:.3f})")


def network(weights: Any, x: Any) -> Any:
    """Compute logits (n, 10) of images (n, 8, 8)."""
    hidden = jax.nn.relu(x.reshape(len(x), -1) @ weights[0] + weights[1])
    return hidden @ weights[2] + weights[3]


def train_network(images: Images) -> Any:
    """Train by gradient descent with momentum on all images at once."""
    x = jnp.asarray(images.unit_pixels(slice(None))[..., 0])
    y = jnp.asarray(images.labels)

    def loss(weights: Any) -> Any:
        scores = jax.nn.log_softmax(network(weights, x))
        return -scores[jnp.arange(len(y)), y].mean()

    random = np.random.default_rng(0)
    shapes = [(64, 32), (32,), (32, 10), (10,)]
    weights = [jnp.asarray(random.normal(0, 0.2, shape), jnp.float32) for shape in shapes]
    speed = [jnp.zeros_like(one) for one in weights]
    gradient = jax.jit(jax.grad(loss))
    for _ in range(STEPS):
        speed = [0.9 * v - 0.1 * g for v, g in zip(speed, gradient(weights), strict=True)]
        weights = [w + v for w, v in zip(weights, speed, strict=True)]
    return weights


def make_classifier(weights: Any) -> Classifier:
    """Bind weights to a classifier that predicts and gives gradients."""
    scores: Callable[[Any], Any] = jax.jit(lambda x: network(weights, x))
    pull_back = jax.jit(lambda x, cotangent: jax.vjp(scores, x)[1](cotangent)[0])
    return Classifier(
        name="a network in JAX",
        spec=InputSpec((8, 8), 10),
        predict=lambda x: np.asarray(scores(jnp.asarray(x, jnp.float32))),
        vjp=lambda x, cotangent: np.asarray(
            pull_back(jnp.asarray(x, jnp.float32), jnp.asarray(cotangent, jnp.float32))
        ),
    )


if __name__ == "__main__":
    main()
