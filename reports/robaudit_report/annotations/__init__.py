"""What GitHub shows beside lines of a change."""
