"""Values of a stage as bytes, and back: JSON for what is plain, numbers as they are for arrays.

Nothing in them is ever unpickled. What was packed is unpacked as the type that the stage names,
field by field, and is not taken where it does not fit.
"""

import json
import math
from typing import Any, TypeVar

import numpy as np

from robaudit.errors import RobauditError

T = TypeVar("T")

_MISFITS = (ValueError, LookupError, TypeError, AttributeError, RecursionError, RobauditError)


def packed(value: Any) -> bytes:
    """Write a dataclass, an array, or what is plain as bytes: a line of JSON, then the arrays.

    Raises TypeError for what has neither form, such as an array of objects.
    """
    import msgspec  # noqa: PLC0415 - only where anything is kept

    arrays: list[np.ndarray[Any, Any]] = []

    def take_out(found: Any) -> Any:
        if isinstance(found, np.generic):
            return found.item()
        if not isinstance(found, np.ndarray):
            raise TypeError(f"{type(found).__name__} cannot be packed")
        arrays.append(np.ascontiguousarray(found).reshape(np.shape(found)))
        if arrays[-1].dtype.hasobject:
            raise TypeError("an array of objects cannot be packed")
        return {"array": len(arrays) - 1}

    plain = msgspec.to_builtins(value, enc_hook=take_out)
    heads = [{"dtype": array.dtype.str, "shape": array.shape} for array in arrays]
    line = json.dumps({"value": plain, "arrays": heads}).encode()
    return b"".join([line, b"\n", *(array.tobytes() for array in arrays)])


def unpacked(content: bytes, of: type[T]) -> T:
    """Read what `packed` wrote as a value of a type; arrays are new ones, free to be changed.

    Raises ValueError for what it did not write, or wrote of another type.
    """
    import msgspec  # noqa: PLC0415 - only where anything is kept

    try:
        line, _, rest = content.partition(b"\n")
        head = json.loads(line)
        arrays, begin = [], 0
        for each in head["arrays"]:
            dtype, shape = np.dtype(each["dtype"]), tuple(map(int, each["shape"]))
            size = dtype.itemsize * math.prod(shape)
            if dtype.hasobject or min(shape, default=0) < 0 or begin + size > len(rest):
                raise ValueError("an array that is not there")
            flat = np.frombuffer(rest[begin : begin + size], dtype)
            arrays.append(flat.reshape(shape).copy())
            begin += size

        def put_back(kind: Any, place: Any) -> Any:
            kind = getattr(kind, "__origin__", kind)
            return kind(place) if issubclass(kind, np.generic) else arrays[place["array"]]

        return msgspec.convert(head["value"], of, dec_hook=put_back)
    except _MISFITS as error:
        raise ValueError(f"no {of} was packed: {error}") from error
