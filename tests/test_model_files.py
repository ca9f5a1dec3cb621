"""What lies beside a model is read, as far as it fits."""

import json
from pathlib import Path
from typing import Any

import pytest

from robaudit import Classifier, InputSpec
from robaudit.model_files import with_what_lies_beside
from tests.support.preparations import blind


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"model")
    return path


def beside(model: Path, name: str, content: Any) -> Classifier:
    text = content if isinstance(content, str) else json.dumps(content)
    (model.parent / name).write_text(text)
    return with_what_lies_beside(blind((3, 8, 8)), model)


@pytest.mark.parametrize(
    "config",
    [
        {"id2label": {"0": "cat", "2": "owl", "1": "dog", "3": "rat"}},
        {"id2label": ["cat", "dog", "owl", "rat"]},
        {"architecture": "resnet18", "label_names": ["cat", "dog", "owl", "rat"]},
    ],
)
def test_names_of_classes_are_read(model: Path, config: Any) -> None:
    found = beside(model, "config.json", config)
    assert found.spec.class_names == ("cat", "dog", "owl", "rat")
    assert found.details["class_names"] == "as config.json says"


@pytest.mark.parametrize(
    "config",
    [
        {"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2", "3": "LABEL_3"}},
        {"id2label": {"0": "cat", "1": "dog"}},
        {"id2label": {"0": "cat", "1": "dog", "2": "owl", "7": "rat"}},
        {"id2label": 7},
        {"id2label": ["0", "1", "2", "3"]},
        ["cat"],
        "no JSON {",
        "[" * 100_000,
    ],
)
def test_what_says_nothing_of_this_model_is_left_alone(model: Path, config: Any) -> None:
    found = beside(model, "config.json", config)
    assert found.spec.class_names is None
    assert found.declares is None


def test_names_that_the_model_has_itself_come_first(model: Path) -> None:
    (model.parent / "config.json").write_text('{"id2label": ["a", "b"]}')
    own = Classifier("own", InputSpec((4,), 2, class_names=("c", "d")), lambda x: x[:, :2])
    assert with_what_lies_beside(own, model).spec.class_names == ("c", "d")


IMAGENET = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@pytest.mark.parametrize(
    ("name", "config", "mean", "std"),
    [
        ("preprocessor_config.json",
         {"do_normalize": True, "image_mean": IMAGENET[0], "image_std": IMAGENET[1]}, *IMAGENET),
        ("preprocessor_config.json",
         {"image_mean": 0.5, "image_std": 0.5, "rescale_factor": 1 / 255}, [0.5], [0.5]),
        ("preprocessor_config.json",
         {"do_normalize": False, "do_rescale": True}, [0.0], [1.0]),
        ("preprocessor_config.json",
         {"do_normalize": False, "do_rescale": False}, [0.0], [1 / 255]),
        ("preprocessor_config.json",
         {"do_normalize": True, "do_rescale": False, "image_mean": [127.5], "image_std": [127.5]},
         [0.5], [0.5]),
        ("preprocessor_config.json",
         {"do_normalize": False, "rescale_factor": 1 / 127.5, "rescale_offset": True},
         [0.5], [0.5]),
        ("config.json",
         {"pretrained_cfg": {"mean": IMAGENET[0], "std": IMAGENET[1]}}, *IMAGENET),
        ("config.json", {"mean": IMAGENET[0], "std": IMAGENET[1]}, *IMAGENET),
    ],
)  # fmt: skip
def test_what_is_done_to_pixels_is_read(
    model: Path, name: str, config: Any, mean: list[float], std: list[float]
) -> None:
    declares = beside(model, name, config).declares
    assert declares is not None
    assert declares.source == name
    assert declares.mean == pytest.approx(mean)
    assert declares.std == pytest.approx(std)


@pytest.mark.parametrize(
    "config",
    [
        {"image_mean": ["a"], "image_std": [1]},
        {"image_mean": [0.5, 0.5], "image_std": [1]},
        {"mean": [0.1, float("nan"), 0.2], "std": [1]},
        {"do_resize": True},
    ],
)
def test_nonsense_declares_nothing(model: Path, config: Any) -> None:
    assert beside(model, "preprocessor_config.json", config).declares is None


def test_a_folder_of_exports_has_its_config_above(model: Path) -> None:
    inner = model.parent / "onnx" / "model.onnx"
    inner.parent.mkdir()
    inner.write_bytes(b"model")
    (model.parent / "config.json").write_text('{"id2label": ["a", "b", "c", "d"]}')
    assert with_what_lies_beside(blind((3, 8, 8)), inner).spec.class_names == tuple("abcd")


@pytest.mark.parametrize("name", ["labels.txt", "class_names.json", "config.json"])
def test_links_to_other_places_are_not_read(tmp_path: Path, model: Path, name: str) -> None:
    names = ["cat", "dog", "owl", "rat"]
    text = "\n".join(names) if name.endswith(".txt") else json.dumps(names)
    (tmp_path / "elsewhere").mkdir()
    secret = tmp_path / "elsewhere" / name
    secret.write_text(json.dumps({"id2label": names}) if name == "config.json" else text)
    (model.parent / name).symlink_to(secret)
    found = with_what_lies_beside(blind((3, 8, 8)), model)
    assert found.spec.class_names is None
    assert not found.notes


def test_links_to_where_the_model_itself_lies_are_read(tmp_path: Path) -> None:
    """So do those of Hugging Face, whose folders of a version hold nothing but links."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/1").write_bytes(b"model")
    (tmp_path / "blobs/2").write_text(json.dumps({"id2label": ["cat", "dog", "owl", "rat"]}))
    folder = tmp_path / "version/onnx"
    folder.mkdir(parents=True)
    (folder / "model.onnx").symlink_to("../../blobs/1")
    (folder.parent / "config.json").symlink_to("../blobs/2")
    found = with_what_lies_beside(blind((3, 8, 8)), folder / "model.onnx")
    assert found.spec.class_names == ("cat", "dog", "owl", "rat")


def test_numbers_of_any_length_are_no_numbers_of_outputs(model: Path) -> None:
    lines = "\n".join(f"{'9' * 5000}{number} cat" for number in range(4))
    assert beside(model, "labels.txt", lines).spec.class_names is not None
