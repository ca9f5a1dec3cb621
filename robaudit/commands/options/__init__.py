"""The options of every command: their names, how values are read, and settings files."""
