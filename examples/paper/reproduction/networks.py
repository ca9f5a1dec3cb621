"""The networks that are trained, over pixels in 0..1: what `robaudit.load` calls as a factory."""

from collections.abc import Callable

import torch
from torch import nn

CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2470, 0.2435, 0.2616)


def digits_cnn() -> nn.Module:
    """Make a network for 8x8 digits: two convolutions, two linear layers."""
    return _cnn(channels=(8, 16), hidden=32, size=8)


def mnist_cnn() -> nn.Module:
    """Make a small network for 28x28 grey images: two convolutions, two linear layers."""
    return _cnn(channels=(16, 32), hidden=100, size=28)


def mnist_madry() -> nn.Module:
    """Make the network of Madry et al. for MNIST: convolutions of 32 and 64, 1,024 units."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 1024),
        nn.ReLU(),
        nn.Linear(1024, 10),
    )


def cifar10_small() -> nn.Module:
    """Make a residual network of 8 layers that halves the image at once."""
    return _resnet(width=16, blocks=1, stride=2)


def cifar10_wide() -> nn.Module:
    """Make a residual network of 20 layers, four times as wide as the usual one."""
    return _resnet(width=64, blocks=3, stride=1)


def _cnn(channels: tuple[int, int], hidden: int, size: int) -> nn.Module:
    small = -(-size // 4)
    return nn.Sequential(
        nn.Conv2d(1, channels[0], 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(channels[0], channels[1], 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(channels[1] * small * small, hidden),
        nn.ReLU(),
        nn.Linear(hidden, 10),
    )


def _resnet(width: int, blocks: int, stride: int) -> nn.Module:
    """Make a residual network for 32x32 images (He et al., 2016): three groups of blocks."""
    layers: list[nn.Module] = [
        Normalised(CIFAR10_MEAN, CIFAR10_STD),
        nn.Conv2d(3, width, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]
    inner = width
    for group in range(3):
        outer = width * 2**group
        for block in range(blocks):
            layers.append(Residual(inner, outer, 2 if group and not block else 1))
            inner = outer
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inner, 10))


class Normalised(nn.Module):
    """Pixels less their mean, over their standard deviation, channel by channel."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(-1, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise (n, channels, height, width)."""
        return (x - self.mean) / self.std


class Residual(nn.Module):
    """Two convolutions with batch normalisation, and a way around them."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, padding=1, bias=False),
            nn.BatchNorm2d(outer),
        )
        self.around: nn.Module = nn.Identity()
        if stride != 1 or inner != outer:
            self.around = nn.Sequential(
                nn.Conv2d(inner, outer, 1, stride=stride, bias=False), nn.BatchNorm2d(outer)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add both ways: (n, inner, height, width) -> (n, outer, height / stride, ...)."""
        return torch.relu(self.inside(x) + self.around(x))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    function.__name__: function
    for function in (digits_cnn, mnist_cnn, mnist_madry, cifar10_small, cifar10_wide)
}
