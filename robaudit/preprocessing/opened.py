"""Opening a model for images that are already there, which say much of what it takes and gives."""

from dataclasses import replace

from robaudit.data.images import Images
from robaudit.opening import OpenOptions
from robaudit.plugins import load
from robaudit.types import Classifier


def open_for(
    model: object, images: Images | None, options: OpenOptions | None = None
) -> Classifier:
    """Open a model to be used on images: a file, a live object, or what is already open.

    The images' shape and number of classes stand where the model leaves its own open.
    Raises what `robaudit.load` raises.
    """
    if isinstance(model, Classifier):
        return model
    options = options or OpenOptions()
    if images is not None:
        options = replace(options, image_shape=images.image_shape, classes=_class_count(images))
    return load(model, options)


def _class_count(images: Images) -> int | None:
    """Tell how many classes the data has, as far as it says."""
    if images.class_names is not None:
        return len(images.class_names)
    return None if images.labels is None else int(images.labels.max()) + 1
