"""How long attacks take beside those of other libraries, on the same networks."""
