"""Which trust flags ten models raise that hide their gradients, and ten that do not.

All are made here, from fixed seeds, on the digits of the repository with their contrast brought
to .3 to .7, so that attacks have room on either side. Each is attacked by FGSM, PGD and uniform
noise alone, within 0.04: what else shows must come from the flags. The null is that of the honest
ones: in no more than one case in twenty may there be a flag.

    python -m benchmarks.trust_flags
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import robaudit
from robaudit import Classifier, InputSpec
from robaudit.attacks.catalogue import parse_attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import robust_accuracy, run_attacks
from robaudit.attacks.trust.trust_flags import Flag, trust_flags
from robaudit.batches import Pace
from robaudit.types import FloatArray, IntArray

DIGITS = Path(__file__).parents[1] / "examples" / "digits.npz"
SPEC = InputSpec((1, 8, 8), 10)
EPSILON = 0.04
ATTACKS = tuple(
    parse_attack(text, SPEC)
    for text in (
        f"fgsm:epsilon={EPSILON}",
        f"pgd:epsilon={EPSILON},step=0.004,steps=40",
        f"uniform-noise:epsilon={EPSILON}",
    )
)
_DARKEST, _CONTRAST = 0.3, 0.4
_LEVELS = torch.arange(1, 20) / 20

Layer = Callable[[torch.Tensor], torch.Tensor]


class Network(nn.Module):  # type: ignore[misc]
    """A network of dim pictures, with something before it and something after."""

    def __init__(self, inner: nn.Module, before: Layer | None = None, after: Layer | None = None):
        super().__init__()
        self.inner, self.before, self.after = inner, before, after

    def forward(self, x: torch.Tensor) -> Any:
        """Compute logits, or what they are turned into."""
        seen = x if self.before is None else self.before(x)
        logits = self.inner((seen - _DARKEST) / _CONTRAST)
        return logits if self.after is None else self.after(logits)


def read(split: str) -> tuple[FloatArray, IntArray]:
    """Read a part of the digits, dim: (n, 1, 8, 8), and labels (n,)."""
    images = robaudit.read_images(DIGITS, split=split)
    if images.labels is None:
        raise TypeError("digits without labels")
    pixels = images.unit_pixels(slice(None)).transpose(0, 3, 1, 2)
    return np.float32(_DARKEST) + np.float32(_CONTRAST) * pixels, images.labels


def dense(activation: nn.Module) -> nn.Module:
    """Make a network of two hidden layers."""
    hidden = [nn.Linear(64, 64), activation, nn.Linear(64, 64), activation]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(64, 10))


def convolutional(*normal: nn.Module) -> nn.Module:
    """Make a small convolutional network."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        *normal,
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 10),
    )


def train(network: Network, *, noise: float = 0.0, adversarial: bool = False) -> Network:
    """Train on the digits: as they are, with noise, or on examples of five steps of PGD."""
    torch.manual_seed(0)
    for module in network.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    x, y = (torch.tensor(part) for part in read("train"))
    y = y.long()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    for _ in range(30):
        for rows in torch.randperm(len(x)).split(64):
            seen = x[rows] + noise * torch.randn_like(x[rows])
            if adversarial:
                seen = _attacked(network, x[rows], y[rows])
            optimizer.zero_grad()
            functional.cross_entropy(network(seen), y[rows]).backward()
            optimizer.step()
    network.eval()
    return network


def _attacked(network: Network, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    point = x.clone()
    for _ in range(5):
        point.requires_grad_(True)
        loss = functional.cross_entropy(network(point), y)
        (slope,) = torch.autograd.grad(loss, point)
        far = (point + EPSILON / 3 * slope.sign() - x).clamp(-EPSILON, EPSILON)
        point = (x + far).detach()
    return point


def opened(network: nn.Module, scores: robaudit.types.ScoreKind = "logits") -> Classifier:
    """Open a network; where it ends in probabilities nothing is said of its logits."""
    classifier = robaudit.load(network.eval(), spec=replace(SPEC, scores=scores))
    return replace(classifier, logits=None) if scores == "probabilities" else classifier


def honest() -> Iterator[tuple[str, Callable[[], Classifier]]]:
    """List ten models whose gradients are what they seem."""
    yield "linear", lambda: opened(train(Network(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)))))
    yield "dense, ReLU", lambda: opened(train(Network(dense(nn.ReLU()))))
    yield "dense, tanh", lambda: opened(train(Network(dense(nn.Tanh()))))
    yield "dense, GELU", lambda: opened(train(Network(dense(nn.GELU()))))
    yield "convolutional", lambda: opened(train(Network(convolutional())))
    yield (
        "with batch normalisation",
        lambda: opened(train(Network(convolutional(nn.BatchNorm2d(16))))),
    )
    yield "trained with noise", lambda: opened(train(Network(convolutional()), noise=0.05))
    yield (
        "dense, adversarially trained",
        lambda: opened(train(Network(dense(nn.ReLU())), adversarial=True)),
    )
    yield (
        "convolutional, adversarially trained",
        lambda: opened(train(Network(convolutional()), adversarial=True)),
    )
    yield (
        "ending in probabilities",
        lambda: opened(
            Network(train(Network(dense(nn.ReLU()))), _undone, nn.Softmax(dim=1)), "probabilities"
        ),
    )


def _undone(x: torch.Tensor) -> torch.Tensor:
    """Undo what the outer of two networks does to pictures."""
    return _DARKEST + _CONTRAST * x


def masked() -> Iterator[tuple[str, Callable[[], Classifier]]]:
    """List ten models that hide their gradients, each in its own way."""

    def hidden(before: Layer | None = None, after: Layer | None = None) -> Network:
        return Network(train(Network(convolutional())).inner, before, after)

    yield "rounded inputs", lambda: opened(hidden(lambda x: torch.round(20 * x) / 20))
    yield "thermometer code", lambda: opened(hidden(_coded))
    yield "thermometer code, smooth gradient", lambda: _misled(hidden(_coded))
    yield (
        "saturated probabilities",
        lambda: opened(hidden(after=lambda z: torch.softmax(1000 * z, dim=1)), "probabilities"),
    )
    yield "noise at the input", lambda: opened(hidden(lambda x: x + 0.1 * torch.randn_like(x)))
    yield "dropout left on", lambda: opened(hidden(lambda x: functional.dropout(x, 0.2)))
    yield (
        "pictures shifted at random",
        lambda: opened(hidden(lambda x: torch.roll(x, int(torch.randint(-1, 2, ())), dims=3))),
    )
    yield "shattered gradients", lambda: opened(hidden(lambda x: x + 0.01 * torch.sin(20_000 * x)))
    yield (
        "black and white inputs",
        lambda: opened(hidden(lambda x: (x > 0.5) * _CONTRAST + _DARKEST)),
    )
    yield "overflowing gradients", lambda: opened(hidden(lambda x: x + torch.sqrt((x - x).abs())))


def _coded(x: torch.Tensor) -> torch.Tensor:
    """Count the levels below a pixel; the first and the last count against the others."""
    weights = torch.where((_LEVELS - 0.5).abs() < 0.44, 1 / 20, -1.0)
    return 1.05 + (x[..., None] > _LEVELS).float() @ weights


def _misled(network: Network) -> Classifier:
    """Give a coded network the slope of a straight line through all levels, which falls."""
    classifier = opened(network)
    behind = opened(Network(network.inner))

    def vjp(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        if behind.vjp is None:
            raise TypeError("a network without gradients")
        code = _coded(torch.tensor(x)).numpy()
        return np.asarray(-1.15 * behind.vjp(code, cotangent), dtype=np.float32)

    return replace(classifier, vjp=vjp, prober=None)


def flags_of(classifier: Classifier, samples: int = 100) -> tuple[float, float, tuple[Flag, ...]]:
    """Attack a classifier: accuracy before and under PGD, and what the flags say."""
    x, y = read("test")
    x, y = x[:samples], y[:samples]
    start = classifier.predict(x).argmax(axis=1)
    targets = Targets(x, y, start, 1.0)
    results = run_attacks(classifier, targets, ATTACKS, seed=0, pace=Pace(128))
    flags = trust_flags(classifier, targets, results, seed=0, pace=Pace(128))
    (pgd,) = (one.outcome for one in results if one.attack.name == "pgd")
    left = float("nan") if pgd is None else robust_accuracy(pgd).value or 0.0
    return float((start == y).mean()), left, flags


def main() -> None:
    """Print the table in Markdown."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    print("| model | accuracy | under PGD | flags raised |")
    print("| --- | ---: | ---: | --- |")
    for kind, models in (("masked", masked()), ("honest", honest())):
        for name, make in models:
            torch.manual_seed(0)
            clean, left, flags = flags_of(make())
            raised = ", ".join(f"`{flag.name}`" for flag in flags if flag.raised) or "none"
            print(f"| {kind}: {name} | {clean:.0%} | {left:.0%} | {raised} |", flush=True)


if __name__ == "__main__":
    main()
