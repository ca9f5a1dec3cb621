"""The boundary search: from samples and directions to rays."""
