"""Layers of Keras 2, and the same in Keras 3.

Only what is listed here is made: a configuration may be anybody's. Initialisers are left
out, since all weights come from the file.
"""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import keras

from robaudit_keras.keras_2.configuration import (
    Config,
    UntranslatableError,
    class_of,
    label_of,
    new_name,
    settings_of,
)

_SAME = re.compile(
    r"Dense|Activation|ActivityRegularization|Flatten|Reshape|Permute|RepeatVector"
    r"|Dropout|SpatialDropout[123]D|GaussianNoise|GaussianDropout|AlphaDropout"
    r"|Conv[123]D|Conv[123]DTranspose|DepthwiseConv[12]D|SeparableConv[12]D"
    r"|(Global)?(Max|Average)Pooling[123]D|UpSampling[123]D|ZeroPadding[123]D|Cropping[123]D"
    r"|BatchNormalization|LayerNormalization|GroupNormalization|UnitNormalization"
    r"|ReLU|LeakyReLU|PReLU|ELU|Softmax"
    r"|Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Dot"
    r"|Rescaling|Normalization|Resizing|CenterCrop"
    r"|Random(Flip|Rotation|Zoom|Translation|Contrast|Brightness)"
    r"|LSTM|GRU|SimpleRNN"
)
_RENAMED = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
}
TF_KERAS_ONLY = re.compile(
    r"LocallyConnected[12]D|ThresholdedReLU|Random(Height|Width|Crop)|ConvLSTM[123]D"
    r"|(LSTM|GRU|SimpleRNN)Cell|StackedRNNCells|RNN|Bidirectional|TimeDistributed"
    r"|(MultiHead|Additive)?Attention|Embedding|Masking"
)
"""Layers that compute and do nothing else, and are left to tf-keras."""
CODE = ("Lambda", "TensorFlowOpLayer", "TFSMLayer", "ClassMethod", "InstanceMethod")

ACTIVATIONS = {
    "linear",
    "elu",
    "exponential",
    "gelu",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
}
"""Functions that mean the same in both."""
OTHER_ACTIVATIONS = ("hard_sigmoid",)  # whose slope was 1/5, and is 1/6
_ACTIVATION_LAYERS = ("ReLU", "LeakyReLU", "ELU", "Softmax")
PENALTIES = {
    "regularizer": ("L1", "L2", "L1L2", "OrthogonalRegularizer"),
    "constraint": ("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"),
}

_ANYTHING = object()
_LEFT_OUT: Mapping[str, Any] = {
    "autocast": _ANYTHING,
    "batch_input_shape": _ANYTHING,
    "dynamic": False,
    "fused": _ANYTHING,
    "groups": 1,
    "implementation": _ANYTHING,
    "input_dim": _ANYTHING,
    "input_dtype": _ANYTHING,
    "input_shape": _ANYTHING,
    "kernel_constraint": None,
    "kernel_regularizer": None,
    "noise_shape": None,
    "output_padding": None,
    "renorm": False,
    "rng_type": _ANYTHING,
    "time_major": False,
    "trainable": _ANYTHING,
    "virtual_batch_size": None,
}
"""What Keras 3 has no word for, and the value that is no loss, where only one is."""


def is_known(class_name: str) -> bool:
    """Tell whether layers of a class can be made."""
    return _SAME.fullmatch(_RENAMED.get(class_name, class_name)) is not None


def make_layer(node: Config) -> Any:
    """Make a layer of Keras 3, without weights, of the configuration of one of Keras 2.

    Raises UntranslatableError for what is not known, or is not the same any more.
    """
    name = class_of(node)
    if not is_known(name):
        if TF_KERAS_ONLY.fullmatch(name) or name in CODE:
            raise UntranslatableError(f"Keras 3 has no equal for {label_of(node)}")
        raise UntranslatableError(f"{label_of(node)} is none of Keras' own layers", foreign=True)
    kind = getattr(keras.layers, _RENAMED.get(name, name))
    given = {key: _setting(key, value, node) for key, value in settings_of(node).items()}
    given = {key: value for key, value in given.items() if not key.endswith("_initializer")}
    if name == "LeakyReLU" and "alpha" in given:
        given["negative_slope"] = given.pop("alpha")
    if name == "GRU":
        given.setdefault("reset_after", False)
    if given.get("stateful"):
        raise UntranslatableError(f"{label_of(node)} keeps a state from batch to batch")
    parameters = inspect.signature(kind.__init__).parameters
    accepted = {"name", *parameters, *(("trainable", "dtype") if "kwargs" in parameters else ())}
    for key in set(given) - accepted:
        harmless = _LEFT_OUT.get(key, given)  # which nothing equals
        if harmless is not _ANYTHING and given[key] != harmless:
            raise UntranslatableError(
                f"{label_of(node)} has {key}={given[key]!r}, which Keras 3 does not know"
            )
        del given[key]
    return kind(**given)


def _setting(key: str, value: Any, node: Config) -> Any:
    """Give what Keras 3 takes in the place of a setting."""
    if key.endswith("activation"):
        return _activation(value, node)
    if key == "name":
        return new_name(value)
    if key == "dtype":
        return dtype_name(value)
    if key == "axis" and isinstance(value, list) and len(value) == 1:
        return value[0]
    kind = key.rpartition("_")[2]
    if kind in PENALTIES:
        return _penalty(value, kind)
    return value


def dtype_name(value: Any) -> Any:
    """Give the name of a type, or of a policy of mixed precision."""
    return value["config"].get("name") if isinstance(value, dict) else value


def _activation(value: Any, node: Config) -> Any:
    if value is None or (isinstance(value, str) and value in ACTIVATIONS):
        return value
    if isinstance(value, dict) and class_of(value) in _ACTIVATION_LAYERS:
        return make_layer(value)
    raise UntranslatableError(
        f"Keras 3 has no equal for the activation {value} of {label_of(node)}",
        foreign=value not in OTHER_ACTIVATIONS,
    )


def _penalty(value: Any, kind: str) -> Any:
    """Make a regularizer or a constraint: only training knows them, so others are left out."""
    if not isinstance(value, dict) or class_of(value) not in PENALTIES[kind]:
        return None
    module = keras.regularizers if kind == "regularizer" else keras.constraints
    return getattr(module, class_of(value))(**settings_of(value))
