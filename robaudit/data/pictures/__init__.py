"""Folders of pictures of many formats, and which classes or labels they have."""
