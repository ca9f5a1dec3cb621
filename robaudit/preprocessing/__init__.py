"""Bringing a model and images together: arrangement, normalisation, and what to try of either."""
