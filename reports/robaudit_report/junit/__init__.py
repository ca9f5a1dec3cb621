"""The report in JUnit's XML."""
