"""Messages of protobuf: ONNX models, by their fields."""

from collections.abc import Iterator
from random import Random
from typing import Any

import onnx

from tests.fuzz.mutations.values import number, text, whole

_OPERATORS = (
    "Relu", "Loop", "If", "Scan", "Softmax", "Identity", "Reshape", "Tile", "Expand",
    "ConstantOfShape", "Range", "NonZero", "Cast", "Concat", "Gemm", "MatMul", "Conv", "Gather",
    "RandomNormal", "Dropout", "SequenceConstruct", "StringNormalizer", "Print", "PyOp", "ATen",
    "ArgMax", "LSTM", "Resize", "Slice", "Split", "Squeeze", "TopK", "QuantizeLinear", "ZipMap",
)  # fmt: skip


def mutate_onnx(content: bytes, random: Random) -> bytes:
    """Change a field of a model, at any depth; raises an error where it is none."""
    model = onnx.ModelProto.FromString(content)
    messages = list(_messages(model))
    for _ in range(random.choice((1, 1, 2, 3))):
        # Messages of each kind are as likely: there are more of some than of others.
        kinds = sorted({one.DESCRIPTOR.name for one in messages})
        kind = random.choice(kinds)
        message = random.choice([one for one in messages if one.DESCRIPTOR.name == kind])
        _change(message, random, messages)
    return model.SerializeToString(deterministic=True)


def _messages(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in value if _repeats(field) else [value]:
                yield from _messages(inner)


def _repeats(field: Any) -> bool:
    repeats = getattr(field, "is_repeated", None)
    return bool(field.label == field.LABEL_REPEATED if repeats is None else repeats)


def _change(message: Any, random: Random, messages: list[Any]) -> None:
    there = [field for field, _ in message.ListFields()]
    every = list(message.DESCRIPTOR.fields)
    field = random.choice(there if there and random.random() < 0.8 else every)
    if _repeats(field):
        _change_list(getattr(message, field.name), field, random, messages)
    elif random.random() < 0.15:
        message.ClearField(field.name)
    elif field.message_type is not None:
        like = [one for one in messages if one.DESCRIPTOR is field.message_type]
        inner = getattr(message, field.name)
        if like:
            chosen = type(like[0])()
            chosen.CopyFrom(random.choice(like))
            inner.CopyFrom(chosen)
        else:
            inner.SetInParent()
    else:
        setattr(message, field.name, _value(field, getattr(message, field.name), random, messages))


def _change_list(values: Any, field: Any, random: Random, messages: list[Any]) -> None:
    place = random.randrange(len(values)) if len(values) else 0
    way = random.randrange(5)
    if field.message_type is not None:
        like = [one for one in messages if one.DESCRIPTOR is field.message_type]
        if way == 0 and len(values):
            del values[place]
        elif way == 1 and len(values) > 1:
            chosen = type(values[0])()
            chosen.CopyFrom(values[place])
            del values[place]
            values.append(chosen)
        else:
            chosen = random.choice(like).SerializeToString() if like else b""
            values.add().ParseFromString(chosen)  # not a copy: it may hold what is copied to
    elif way == 0 and len(values):
        del values[place]
    elif way == 1 and len(values):
        values.extend(list(values[:50]))
    elif way == 2 or not len(values):
        values.append(_value(field, "", random, messages))
    else:
        values[place] = _value(field, values[place], random, messages)


def _value(field: Any, old: Any, random: Random, messages: list[Any]) -> Any:
    kind = field.cpp_type
    if kind == field.CPPTYPE_STRING:
        if field.type == field.TYPE_BYTES:
            return random.choice((b"", text(random).encode("utf-8", "replace"), old or b"\0",
                                  (old or b"\0") * 2, (old or b"\0\0")[:-1],
                                  random.randbytes(16)))  # fmt: skip
        names = [name for one in messages if one.DESCRIPTOR.name == "NodeProto"
                 for name in (*one.input, *one.output)]  # fmt: skip
        return random.choice((text(random), random.choice(_OPERATORS), *(names or ("x",))[:6],
                              str(number(random))))  # fmt: skip
    if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        value = number(random)
        return float(value) if abs(value) < 1e38 else float("inf")
    if kind == field.CPPTYPE_ENUM:
        return random.choice([one.number for one in field.enum_type.values])
    if kind == field.CPPTYPE_BOOL:
        return random.random() < 0.5
    bits = 32 if kind in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32) else 64
    signed = kind in (field.CPPTYPE_INT32, field.CPPTYPE_INT64)
    near = [value for value in ((old or 0) + 1, (old or 0) - 1) if signed or value >= 0]
    return random.choice((whole(random, bits, signed=signed), random.randrange(32), *near))
