"""What shells read to complete a command line, made of the options as they are.

They are texts, so that no key that is pressed waits for Python.
"""
