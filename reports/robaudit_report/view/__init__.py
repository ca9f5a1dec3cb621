"""What reports say of a record, in words and in numbers ready to print; never how it looks."""
