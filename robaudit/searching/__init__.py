"""How the search goes about it: what it evaluates next, and how far that can be trusted."""
