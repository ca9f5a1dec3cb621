"""Tests of what is drawn and written of a comparison."""
