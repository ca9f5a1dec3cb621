"""The shape of records, once: typed here, published as JSON Schemas, checked by these types.

What a field means stands beside it. A field that older records lack may be ``UNSET``;
every other one is always there.
"""
