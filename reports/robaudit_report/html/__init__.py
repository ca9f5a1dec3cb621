"""The page: one HTML file of an audit, and one of a comparison."""
