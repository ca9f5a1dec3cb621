"""From a file of Keras 2 to a model: read into Keras 3, or opened by tf-keras."""

from pathlib import Path
from typing import Any

import keras

from robaudit.errors import NotAuditableError, RobauditError, UsageError
from robaudit.opening import OpenOptions
from robaudit.phrases import printable
from robaudit.requirements import version_of
from robaudit_keras.keras_2.archive import fill_from_archive, opened_weights
from robaudit_keras.keras_2.by_tf_keras import TF_KERAS, open_by_tf_keras
from robaudit_keras.keras_2.compiling import compile_as_saved
from robaudit_keras.keras_2.configuration import (
    MODELS,
    UntranslatableError,
    all_layers,
    class_of,
    label_of,
    plain,
)
from robaudit_keras.keras_2.graph import make_model
from robaudit_keras.keras_2.layers import CODE
from robaudit_keras.keras_2.weights import MismatchError, fill_from_hdf5
from robaudit_keras.model_file import ModelFile
from robaudit_keras.quiet import quietly

_ELSEWHERE = (
    "Export it to ONNX with tf2onnx in the environment that made it, or rebuild it in Keras 3 "
    "and name what does so with `factory='package.module:function'`."
)


def open_old_model(file: ModelFile, path: Path, options: OpenOptions) -> tuple[Any, dict[str, str]]:
    """Open a file that Keras 2 wrote, and say what is to be told of how that was done.

    ``path`` names it with the suffix of what it is.
    Raises UsageError for what needs trust, a factory or tf-keras, and NotAuditableError
    for what cannot be opened at all.
    """
    config = plain(file.config)
    _refuse_early(file)
    for layer in all_layers(config) if class_of(config) in MODELS else ():
        if class_of(layer) in CODE and not options.trust:
            raise UsageError(
                f"{file.path} holds {printable(label_of(layer))}, which runs code from the file",
                expected="a model of Keras' own layers",
                advice="If you trust whoever made it, allow it with `trust=True` (it was saved "
                f"by Keras 2, and needs tf-keras then: {TF_KERAS.install}).",
            )
    try:
        with quietly():
            if file.format == "keras":
                with opened_weights(path):
                    pass  # whoever reads them after this
            model = make_model(config)
            if file.format == "keras":
                fill_from_archive(model, config, path)
            else:
                fill_from_hdf5(model, path)
    except MismatchError as error:
        # Keras goes by order alone, and would load some of these without a word.
        raise NotAuditableError(
            f"the weights in {file.path} are not those of the model in it: {printable(str(error))}",
            expected="every weight of its layers once, and no other",
            advice=_ELSEWHERE,
        ) from error
    except Exception as error:  # noqa: BLE001 - whatever a layer says of its settings
        return _by_tf_keras(file, path, config, error, options)
    details = {"read_into": f"Keras {keras.__version__}"}
    uncompiled = compile_as_saved(model, file.training) if file.training else None
    return model, {**details, **({"not_compiled": uncompiled} if uncompiled else {})}


def _refuse_early(file: ModelFile) -> None:
    """Raise NotAuditableError for what would load, and be another model."""
    if (file.version or "").startswith("1."):
        raise NotAuditableError(
            f"{file.path} was saved by Keras {file.version}, of 2017 or earlier",
            expected="a file of Keras 2 or 3",
            advice="Load it with Keras 2.2, which reads both, and save it again there.",
        )
    if file.backend == "theano":
        raise NotAuditableError(
            f"{file.path} was trained on Theano, whose convolutions mirror their kernels",
            expected="a model of Keras on TensorFlow",
            advice="Convert its kernels with Keras 2.2 (keras.utils.conv_utils.convert_kernel).",
        )


def _by_tf_keras(
    file: ModelFile, path: Path, config: Any, reason: Exception, options: OpenOptions
) -> tuple[Any, dict[str, str]]:
    """Open a model as Keras 2 would; ``reason`` says why Keras 3 cannot."""
    why = _described(reason)
    if isinstance(reason, UntranslatableError) and reason.foreign:
        raise UsageError(
            f"{file.path} has parts that Keras does not know ({why})",
            expected="a model of Keras' own layers",
            advice="Name what makes the model with `factory='package.module:function'`: the file "
            "gives the weights.",
        ) from reason
    try:
        with quietly():
            model = open_by_tf_keras(path, config, trust=options.trust)
    except RobauditError as error:
        raise type(error)(
            f"{error.found}; {file.path} was saved by Keras {file.version}, and Keras "
            f"{keras.__version__} cannot read it ({why})",
            expected=error.expected,
            advice=error.advice,
        ) from error
    except UntranslatableError as error:
        raise UsageError(
            f"{file.path} needs Keras 2 ({why}), which would run whatever is named in it: "
            f"{_described(error)}",
            expected="a model of Keras' own layers",
            advice="If you trust whoever made it, allow it with `trust=True`.",
        ) from error
    except Exception as error:
        raise NotAuditableError(
            f"{file.path} was saved by Keras {file.version or '2'}; Keras {keras.__version__} "
            f"cannot read it ({why}), and neither can tf-keras ({_described(error)})",
            expected="a model that one of them can read",
            advice=_ELSEWHERE,
        ) from error
    return model, {"opened_by": f"tf-keras {version_of('tf-keras')}", "since": why}


def _described(error: Exception) -> str:
    text = " ".join(str(error).rpartition("Exception encountered: ")[2].split())[:200]
    return printable(
        text if isinstance(error, UntranslatableError) else f"{type(error).__name__}: {text}"
    )
