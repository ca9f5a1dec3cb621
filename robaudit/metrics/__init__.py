"""From rays to figures: margins, and inequality between classes."""
