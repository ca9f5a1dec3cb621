"""What is unsure, or worth knowing, of how a model and images were brought together."""

import math

from robaudit.data.images import Images
from robaudit.data.stacks import pieces
from robaudit.phrases import called
from robaudit.preprocessing.choice import Candidate, PreprocessingChoice
from robaudit.preprocessing.class_order import ClassOrder
from robaudit.preprocessing.normalisation import Preprocessing
from robaudit.types import Declaration, InputSpec

_MOST_CLASSES = 50


def notes_on_pixels(images: Images) -> list[str]:
    """Say what looks odd about pixels before any model has seen them."""
    low, high = sorted(images.pixel_range)
    if high <= 1:
        return []
    brightest = -math.inf
    for piece in pieces(images.pixels):  # the first will usually do
        brightest = max(brightest, float(piece.max()))
        if brightest - low >= (high - low) / 2:
            return []
    return [
        f"The brightest pixel is {brightest:g} where white was taken to be {high:g}. If "
        f"another number is white, say so with --pixel-range, e.g. 0,{brightest:g}."
    ]


def notes_on_declaration(declares: Declaration | None, choice: PreprocessingChoice) -> list[str]:
    """Say where what a model's files say of pixels could not be followed."""
    if declares is None or choice.declared or choice.how == "given":
        return []
    return [
        f"What {declares.source} says of pixels fits no input of this model, and was passed over: "
        "is it that of another model?"
    ]


def notes_on_choice(choice: PreprocessingChoice, spec: InputSpec) -> list[str]:
    """Say what is unsure about a preprocessing, as far as nobody gave it, and what is unusual."""
    name = choice.preprocessing
    if choice.how == "assumed":
        return [
            f"Without labels of two classes or more the preprocessing could not be checked; {name} "
            "was assumed. Give --mean and --std, or labels."
        ]
    if not choice.candidates:
        return []
    notes, images = [], called(name.arrangement.image_shape)
    if choice.order is not None:
        notes.append(_on_order(choice.order, spec, images))
    first = choice.candidates[0]
    if name.exchanges:
        notes.append(_on_exchange(choice, images))
    others = [c for c in choice.candidates if c.preprocessing in choice.declared]
    if others and choice.how != "declared":
        said = others[0]
        notes.append(
            f"The files of the model say {said.preprocessing}, under which it is right on "
            f"{_share(said)}; under {name} it is right on {_share(first)} of the same "
            f"{choice.samples:,} {images}, more than chance explains, and that was taken. Give "
            f"{' and '.join(_deciding(name, said.preprocessing))} to decide."
        )
    if not choice.clear:
        second = choice.candidates[1]
        notes.append(
            f"The preprocessing is not clear: {name} was taken with an accuracy of "
            f"{_share(first)} on {choice.samples:,} {images}, but "
            f"{second.preprocessing} gives {_share(second)}. Give "
            f"{' and '.join(_deciding(name, second.preprocessing))}."
        )
    return notes + [
        f"Under {other.preprocessing} the model gave scores that are not numbers (NaN) for "
        f"{other.not_numbers} of {choice.samples:,} {images}."
        for other in choice.candidates[1:]
        if 0 < other.not_numbers < choice.samples
    ]


def notes_on_row(choice: PreprocessingChoice, spec: InputSpec) -> list[str]:
    """Say of a model that takes numbers in a row which axes they are of, or that it is unknown."""
    if len(spec.shape) == 1:
        return []
    first_of = {each.preprocessing.arrangement.layout: each for each in reversed(choice.candidates)}
    arrangement = choice.preprocessing.arrangement
    said = f"--input-shape {','.join(map(str, arrangement.picture_shape))}"
    if len(first_of) == 1 or not choice.candidates:
        return [
            "The model takes the numbers of an input in a row, in whatever shape, and nothing "
            "tells in which order: channels were taken to come first. If they come last, say "
            f"{said}."
        ]
    if arrangement.layout == "CHW":
        return []
    return [
        "The model takes the numbers of an input in a row, in whatever shape: it is right on "
        f"{_share(first_of['HWC'])} with channels last, and with channels first on "
        f"{_share(first_of['CHW'])} at best. Say so with {said}."
    ]


def _on_exchange(choice: PreprocessingChoice, images: str) -> str:
    first = choice.candidates[0]
    as_they_stand = next((c for c in choice.candidates if not c.preprocessing.exchanges), None)
    instead = f", and as they stand on {_share(as_they_stand)} at best" if as_they_stand else ""
    return (
        f"The model wants {images} with {' and '.join(first.preprocessing.exchanges)}: so it is "
        f"right on {_share(first)} of {choice.samples:,} {images}{instead}. Say so with "
        f"{' and '.join(_flags(choice))} where that is known."
    )


def _flags(choice: PreprocessingChoice) -> list[str]:
    name = choice.preprocessing
    return [
        *(["--layout WH"] if name.arrangement.exchanged else []),
        *(["a --pixel-range whose first number is the higher"] if name.inverted else []),
    ]


def _deciding(first: Preprocessing, second: Preprocessing) -> list[str]:
    """List the options that decide between two preprocessings."""
    one, other = first.arrangement, second.arrangement
    return [
        *(["--mean and --std"] if first.name != second.name else []),
        *(["--channels"] if one.channels != other.channels else []),
        *(["--input-shape"] if one.layout != other.layout else []),
        *(["--layout"] if one.exchanged != other.exchanged else []),
        *(["--pixel-range"] if first.inverted != second.inverted else []),
    ]


def _on_order(order: ClassOrder, spec: InputSpec, images: str) -> str:
    classes = order.class_of_output.tolist()
    names = [spec.name_of(index) if index >= 0 else "?" for index in classes[:_MOST_CLASSES]]
    listed = ",".join(names) + (",..." if len(classes) > _MOST_CLASSES else "")
    return (
        f"The order of the classes seems to be another: as labelled the model is right on "
        f"{order.accuracy:.1%} of {order.samples:,} {images}, and on {order.accuracy_in_order:.1%} "
        f"of them if its outputs are, in this order, {listed} (an order found on other {images}). "
        "If that is what they are, say so with --class-names; until then the figures say nothing "
        "of this model."
    )


def _share(candidate: Candidate) -> str:
    return f"{candidate.accuracy:.1%}"
