"""The shortcut of the search: which steps of a ray need not be evaluated. Skip it at first."""
