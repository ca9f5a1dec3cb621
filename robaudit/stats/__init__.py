"""Statistics that every stage stands on: intervals, tests, bootstrap, and random numbers."""
