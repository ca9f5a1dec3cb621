"""A study of repairs: one model each, measured alike, with what each cost."""
