"""The fifteen common corruptions of ImageNet-C, at five severities, and the error under them."""
