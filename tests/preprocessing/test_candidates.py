"""What a preprocessing is chosen among: what is given, what files say, what is usual."""

import numpy as np
import pytest

from robaudit import InputSpec, PreprocessingRequest
from robaudit.preprocessing.arrangement import arrangements
from robaudit.types import Declaration

GREY, COLOUR = InputSpec((784,), 10), InputSpec((3, 8, 8), 10)
BYTES = InputSpec((3, 8, 8), 10, low=0.0, high=255.0)
NOTHING = PreprocessingRequest()


def test_the_plainest_comes_first_and_exchanges_apart() -> None:
    found = NOTHING.candidates(arrangements((28, 28, 1), (784,)), GREY)
    assert found.usual[0].name == "0..1"
    assert not any(candidate.exchanges for candidate in found.usual)
    assert all(candidate.exchanges for candidate in found.exchanged)
    assert len(found.exchanged) == 3 * len(found.usual)
    assert len({*found.usual, *found.exchanged}) == found.number


def test_numbers_as_they_stand_in_the_data_are_a_candidate() -> None:
    possible = arrangements((8, 8, 1), (1, 8, 8))
    spec = InputSpec((1, 8, 8), 10)
    found = NOTHING.candidates(possible, spec, None, (0.0, 16.0)).usual
    own = next(candidate for candidate in found if candidate.name == "0..16")
    pixels = np.array([0.0, 0.5, 1.0])
    np.testing.assert_allclose((pixels - own.mean[0]) / own.std[0], [0, 8, 16])
    bytes_ = NOTHING.candidates(possible, spec, None, (0.0, 255.0)).usual
    assert [candidate.name for candidate in bytes_].count("0..255") == 1


@pytest.mark.parametrize(
    ("declares", "name", "channels"),
    [
        (
            Declaration("a.json", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            "ImageNet statistics",
            "rgb",
        ),
        (Declaration("a.json", (0.5,), (0.5,), channels="bgr"), "-1..1", "bgr"),
        (Declaration("a.json", input_range=(0.0, 255.0), channels="bgr"), "0..255", "bgr"),
        (Declaration("a.json", input_range=(-1.0, 0.992)), "-1..1", "rgb"),
        (Declaration("a.json", input_range=(16.0, 235.0)), "as a.json says", "rgb"),
        (Declaration("a.json", (0.4, 0.5, 0.6), (0.2,), channels="bgr"), "as a.json says", "bgr"),
    ],
)
def test_what_files_say_is_the_first_to_be_tried(
    declares: Declaration, name: str, channels: str
) -> None:
    found = NOTHING.candidates(arrangements((8, 8, 3), (3, 8, 8)), COLOUR, declares)
    assert found.usual[0] == found.declared[0]
    assert found.usual[0].name == name
    assert found.usual[0].arrangement.channels == channels
    assert len(set(found.usual)) == len(found.usual)
    if declares.mean == (0.4, 0.5, 0.6):
        assert found.usual[0].mean == (0.6, 0.5, 0.4)


def test_what_files_say_of_colours_does_not_bind_grey_images() -> None:
    possible = arrangements((28, 28, 1), (784,))
    colours = Declaration("a.json", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert NOTHING.candidates(possible, GREY, colours).declared == ()
    alike = Declaration("a.json", (0.1307,) * 3, (0.3081,) * 3)
    assert NOTHING.candidates(possible, GREY, alike).declared[0].name == "MNIST statistics"


def test_what_a_user_says_is_not_open() -> None:
    possible = arrangements((8, 8, 3), (3, 8, 8))
    given = PreprocessingRequest((0.3, 0.4, 0.5), (0.25,), "rgb", exchanged=False)
    found = given.candidates(possible, COLOUR, Declaration("a.json", (0.1,), (0.2,)))
    assert len(found.usual) == 1
    assert [candidate.exchanges for candidate in found.exchanged] == [
        ("black and white exchanged",)
    ]
    assert not found.declared
    columns = PreprocessingRequest(exchanged=True).candidates(possible, COLOUR)
    assert all(candidate.arrangement.exchanged for candidate in columns.usual)


@pytest.mark.parametrize(
    ("request_", "spec", "mean", "std"),
    [
        (
            PreprocessingRequest(mean=(0.3, 0.4, 0.5), std=(0.25,)),
            COLOUR,
            (0.3, 0.4, 0.5),
            (0.25,),
        ),
        (NOTHING, BYTES, (0.0,), (1 / 255,)),
        (PreprocessingRequest(std=(1 / 255,)), BYTES, (0.0,), (1 / 255,)),
    ],
)
def test_what_is_not_said_is_open_under_numbers_that_are_known(
    request_: PreprocessingRequest,
    spec: InputSpec,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> None:
    possible = arrangements((8, 8, 3), (3, 8, 8))
    found = request_.candidates(possible, spec)
    assert found.given
    assert [candidate.arrangement.channels for candidate in found.usual] == ["rgb", "bgr"]
    assert {candidate.exchanges for candidate in found.exchanged} == {
        ("rows and columns exchanged",),
        ("black and white exchanged",),
        ("rows and columns exchanged", "black and white exchanged"),
    }
    everything = (*found.usual, *found.exchanged)
    assert {(candidate.mean, candidate.std) for candidate in everything} == {(mean, std)}


def test_what_files_say_is_tried_first_under_numbers_that_are_known() -> None:
    possible = arrangements((8, 8, 3), (3, 8, 8))
    declares = Declaration("a.onnx", (0.1,), (0.2,), channels="bgr")
    given = PreprocessingRequest(mean=(0.5,), std=(0.25,))
    for request, spec in ((given, COLOUR), (NOTHING, BYTES)):
        found = request.candidates(possible, spec, declares)
        assert [candidate.arrangement.channels for candidate in found.declared] == ["bgr"]
        assert found.usual[0] == found.declared[0]
        assert len(found.usual) == 2
    rgb = PreprocessingRequest(channels="rgb").candidates(possible, BYTES, declares)
    assert len(rgb.usual) == 1
    assert not rgb.declared


@pytest.mark.parametrize(
    ("said", "names"),
    [((16.0, 235.0), ["as a.onnx says", "0..255"]), ((0.0, 1.0), ["0..255"])],
)
def test_a_range_that_files_say_is_tried_if_it_is_most_of_the_models_own(
    said: tuple[float, float], names: list[str]
) -> None:
    possible = arrangements((28, 28, 1), (784,))
    spec = InputSpec((784,), 10, low=0.0, high=255.0)
    found = NOTHING.candidates(possible, spec, Declaration("a.onnx", input_range=said))
    assert [candidate.name for candidate in found.usual] == names
