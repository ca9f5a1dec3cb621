"""Attacks and margins beside each other: whether they tell the same story."""
