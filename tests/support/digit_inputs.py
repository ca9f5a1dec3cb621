"""What networks for the embedded digits take and give."""

from robaudit import InputSpec, OpenOptions

SPEC = InputSpec((1, 8, 8), 10)
"""What `tests.support.networks.small` takes and gives."""

DIGITS_SHAPE = OpenOptions(image_shape=(8, 8, 1))
"""What the data say of its inputs: height, width and channels of an image."""
