"""Columns in files, for all tests of this folder."""

from tests.support.scratch import scratch

__all__ = ["scratch"]
