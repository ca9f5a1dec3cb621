"""How often intervals hold what they estimate, on populations whose truth is known exactly."""
