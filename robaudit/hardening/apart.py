"""Whether images that judge a model are others than those that it is made or chosen by."""

from robaudit.data.images import Images
from robaudit.data.stacks import pieces
from robaudit.errors import DataError

_WHY = {
    "train on": "a network knows those that it was trained on",
    "test on": "a model that was chosen by some images is better on these than on others",
}


def check_apart(some: Images, others: Images, use: str, others_use: str) -> None:
    """Raise DataError where more than half of some images are among others, number by number.

    Each ``use`` follows on "images to"; that of the others is "train on" or "test on".
    """
    known = {hash(image.tobytes()) for piece in pieces(others.pixels) for image in piece}
    shared = sum(hash(image.tobytes()) in known for piece in pieces(some.pixels) for image in piece)
    if 2 * shared > len(some):
        raise DataError(
            f"{shared} of {len(some)} images to {use} are among those to {others_use}",
            expected=f"other images: {_WHY[others_use]}",
            advice=f"Without images to {use}, some of those for training are held out.",
        )
