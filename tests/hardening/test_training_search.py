"""Training samples are searched, and what crosses goes along the gradient."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.affine_hardening import SIZE, SMALL, searched_affine


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_direction_that_crosses_goes_along_the_gradient(seed: int) -> None:
    """Lemma 1, and for several classes too: towards the class that is reached first."""
    classifier, _, _, searched = searched_affine(seed, SMALL, classes=3)
    rays = searched.rays
    crossed = np.flatnonzero(rays.step > 0)
    eye = np.eye(3)
    towards = eye[rays.adjacent[crossed]] - eye[rays.origin[crossed]]
    assert classifier.vjp is not None
    points = np.zeros((len(crossed), 1, SIZE, SIZE), dtype=np.float32)
    gradient = classifier.vjp(points, towards).reshape(len(crossed), -1)
    ways = searched.directions[rays.direction[crossed]].reshape(len(crossed), -1)
    ways = ways * rays.sign[crossed][:, None]
    lengths = np.linalg.norm(ways, axis=1) * np.linalg.norm(gradient, axis=1)
    assert (np.einsum("nd,nd->n", ways, gradient) / lengths > 0).all()
    back = np.einsum("nd,nd->n", -ways, gradient)
    assert (back < 0).all()
