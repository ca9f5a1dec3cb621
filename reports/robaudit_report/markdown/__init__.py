"""The summary in Markdown, of an audit and of a comparison."""
