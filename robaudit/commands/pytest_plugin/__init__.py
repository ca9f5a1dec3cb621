"""Gates on models as tests of pytest: a marker, two fixtures and what is asked for on its side.

pytest loads `hooks` by its entry point, in every project that has robaudit installed, so that
it imports nothing more until a test asks for an audit.
"""
