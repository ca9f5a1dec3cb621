"""Making a classifier more robust: feedback learning, and what it is compared with."""
