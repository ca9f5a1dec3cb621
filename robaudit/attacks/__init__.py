"""What adversaries make of a model: attacks, their budgets, and how far to trust the score."""
