"""The summary for a terminal, of an audit and of a comparison."""
