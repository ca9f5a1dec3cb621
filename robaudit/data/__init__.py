"""Images: reading them from files and arrays, and choosing which of them to search."""
