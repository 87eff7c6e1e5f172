"""What a safetensors file says it holds, and whether its bytes agree. Eight bytes of length, a JSON header, the data.

Read by ourselves, so that no torch is needed and nothing is believed: the header's size is bounded before it is read,
the tensors must cover the data without a hole or an overlap, and no weight may be infinite or not a number. Reads the
data once, in pieces, and hashes it on the way. Does not know what the tensors are for.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

_LENGTH_BYTES = 8
_MAX_HEADER = 8 * 2**20
_MAX_TENSORS = 50_000
_MAX_SIDE = 2**31
_ITEM_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_ANY_BYTES = _ITEM_BYTES | {"F64": 8, "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1}
_ANY_BYTES |= {"BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}
_EXPONENT = {"F32": ("<u4", 0x7F800000), "F16": ("<u2", 0x7C00), "BF16": ("<u2", 0x7F80)}
"""All its bits set: infinite, or not a number."""
_PIECE = 2**22


class Malformed(ValueError):
    """The file is not what it says. The message is for people and quotes nothing of the file but cleaned names."""


@dataclass(frozen=True)
class Tensor:
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(file: BinaryIO, size: int, *, any_type: bool = False) -> dict[str, Tensor]:
    """Tensors by name. `file` stands at its beginning and is left where the data begins.

    `any_type`: other types than those of adapters are let pass, as a quantised base has them.
    """
    length = int.from_bytes(_exactly(file, _LENGTH_BYTES), "little")
    if length > _MAX_HEADER:
        raise Malformed(f"its header claims {length} bytes, more than {_MAX_HEADER} are not read")
    if _LENGTH_BYTES + length > size:
        raise Malformed(f"its header claims {length} bytes, the file has {size}")
    header = strict_json(_exactly(file, length))
    if not isinstance(header, dict):
        raise Malformed("its header is not a JSON object")
    header.pop("__metadata__", None)
    if len(header) > _MAX_TENSORS:
        raise Malformed(f"it lists {len(header)} tensors, more than {_MAX_TENSORS} are not read")
    tensors = {name: _tensor(name, told, _ANY_BYTES if any_type else _ITEM_BYTES) for name, told in header.items()}
    _must_cover(tensors, size - _LENGTH_BYTES - length)
    return tensors


def hash_and_check(file: BinaryIO, tensors: Mapping[str, Tensor]) -> str:
    """sha256 of the whole file. Malformed when a weight of float type is infinite or not a number."""
    data_begins = file.tell()
    file.seek(0)
    digest = hashlib.sha256(_exactly(file, data_begins))
    for name, tensor in sorted(tensors.items(), key=lambda entry: entry[1].begin):
        for piece in _pieces(file, tensor.end - tensor.begin):
            digest.update(piece)
            kind, exponent = _EXPONENT[tensor.dtype]
            if bool(np.any((np.frombuffer(piece, dtype=kind) & exponent) == exponent)):
                raise Malformed(f"{plain(name)} has weights that are infinite or not a number")
    return digest.hexdigest()


def strict_json(content: bytes) -> Any:
    """JSON in which no name occurs twice and every number is one; two readers must not see two things. Malformed."""
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_number)
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except Malformed:
        raise
    except ValueError:
        raise Malformed("it is not JSON") from None


def plain(text: str, most: int = 80) -> str:
    """Foreign text for a message: ASCII, without control characters, and short."""
    return ascii(text[: most + 1])[1:-1][:most]


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a name occurs twice in its JSON")
    return found


def _no_number(text: str) -> float:
    raise Malformed(f"{text} is not a number of JSON")


def _tensor(name: str, told: Any, item_bytes: Mapping[str, int]) -> Tensor:
    match told:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end], **more} if not more:
            pass
        case _:
            raise Malformed(f"tensor {plain(name)} is not described by dtype, shape and data_offsets alone")
    if dtype not in item_bytes:
        raise Malformed(f"tensor {plain(name)} is of type {plain(dtype, 16)}, weights are of {', '.join(_ITEM_BYTES)}")
    if len(shape) > 8 or not all(type(side) is int and 0 < side < _MAX_SIDE for side in shape):
        raise Malformed(f"tensor {plain(name)} has a shape that no weight has")
    in_file = type(begin) is int and type(end) is int and 0 <= begin <= end < 2**63
    if not in_file or end - begin != math.prod(shape) * item_bytes[dtype]:
        raise Malformed(f"tensor {plain(name)} has other bytes than its shape and type need")
    return Tensor(dtype, tuple(shape), begin, end)


def _must_cover(tensors: Mapping[str, Tensor], data: int) -> None:
    at = 0
    for name, tensor in sorted(tensors.items(), key=lambda entry: entry[1].begin):
        if tensor.begin != at:
            raise Malformed(f"tensor {plain(name)} begins at {tensor.begin} and not at {at}, where the one before ends")
        at = tensor.end
    if at != data:
        raise Malformed(f"its tensors need {at} bytes, the file has {data}")


def _pieces(file: BinaryIO, count: int) -> Iterator[bytes]:
    while count > 0:
        piece = _exactly(file, min(count, _PIECE))
        count -= len(piece)
        yield piece


def _exactly(file: BinaryIO, count: int) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise Malformed("it ends too early")
    return content
