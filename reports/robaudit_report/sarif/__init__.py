"""The report in SARIF."""
