"""The stages of hardening by their public names."""

import pytest

from robaudit.hardening import Examples


def test_every_public_name_is_there() -> None:
    import robaudit.hardening as public

    for name in public.__all__:
        assert getattr(public, name).__name__ == name or name in ("Keep", "Method")
    assert Examples in {getattr(public, name) for name in public.__all__}
    with pytest.raises(AttributeError, match="nothing"):
        public.nothing  # noqa: B018
