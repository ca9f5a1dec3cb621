"""Gates held against figures, and the one verdict that all of it folds into."""
