"""Whether there is room for training images: these are in memory as a whole, as audits' are not."""

import math

from robaudit.data.images import Images
from robaudit.errors import DataError
from robaudit.storage.mapped import written_size
from robaudit.storage.memory import free_memory

_COPIES = 2
"""They lie there as they were read, and again divided into what is trained on and judged by."""
_BYTES = 4


def check_room(train: Images) -> None:
    """Raise DataError for images that take more memory than is free, before any work is done.

    They are trained on in single precision, in an order that is drawn anew for each epoch.
    """
    needed = _COPIES * _BYTES * len(train) * math.prod(train.image_shape)
    free = free_memory()
    if needed > free:
        raise DataError(
            f"the {len(train):,} training images of {train.source} take {written_size(needed)} of "
            "memory",
            expected=f"at most the {written_size(free)} that are free",
            advice="Train on fewer of them, or smaller ones: unlike an audit, training has all of "
            "its images in memory.",
        )
