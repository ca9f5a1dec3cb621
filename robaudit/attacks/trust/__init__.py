"""How far to trust a robust accuracy: flags, raised or not, each with what was measured."""
