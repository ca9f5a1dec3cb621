"""A PyTorch network with one score for two classes, by the name that factories have."""

import torch
from torch import nn


class Scorer(nn.Module):
    """Gives the score of the second of two classes: raw or as a probability, (N,) or (N, 1)."""

    def __init__(self, raw: bool, flat: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 5), nn.Tanh(), nn.Linear(5, 1))
        self.raw, self.flat = raw, flat

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        score: torch.Tensor = self.layers(x)
        if not self.raw:
            score = torch.sigmoid(score)
        return score.squeeze(1) if self.flat else score


def scorer(raw: bool = False, flat: bool = False) -> Scorer:
    torch.manual_seed(0)
    return Scorer(raw, flat)
