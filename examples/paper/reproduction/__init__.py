"""The experiments of the paper, with robaudit: stages, measures, tables and pages."""
