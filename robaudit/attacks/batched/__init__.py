"""Attacks written over ``predict`` and ``vjp`` alone, for all samples at once, in 0..1.

They take flat samples x (n, D) and their classes y (n,), and need no framework. What is handed to
a model at a time is the classifier's to bound, and no sample's example depends on the others.
"""
