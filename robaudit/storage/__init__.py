"""Arrays on disk and in memory: archives, columns, files written whole or not at all."""
