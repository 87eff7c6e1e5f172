"""More than two hundred adapter folders that must not be served,
each by its kind and with the reason it must be given.

A maker gets an empty place and the tiny base, and returns the folder. Where the weights are spoiled, the folder is
still named after their hash: the name is never what gives it away, unless the name is the kind.
"""

import json
import math
import os
import pickle
import shutil
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatmate.serving.adapter_check import CARD, CONFIG, SERVED, WEIGHTS
from tests.serving.folders import RANK, Tensors, framed, lora, make_adapter, safetensors

Make = Callable[[Path, Path], Path]
FIRST = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
DEEP = b"[" * 100_000 + b"]" * 100_000
NAMES = "adapter_model.safetensors.index.json"


class Bomb:
    """Unpickled, it writes beside the test's folders."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {os.environ.get('HOSTILE_MARK', '/tmp/hostile-mark')}",))


@dataclass(frozen=True)
class Hostile:
    kind: str
    make: Make
    reason: str
    """A part of what must be said."""


def good(place: Path, base: Path, **more: Any) -> Path:
    return make_adapter(place, base, **more)


def hostile() -> Iterator[Hostile]:
    for kinds in (_code, _links, _special, _bulk, _names, _configs, _cards, _headers, _tensors):
        yield from kinds()


def _then(spoil: Callable[[Path], object], **more: Any) -> Make:
    def make(place: Path, base: Path) -> Path:
        folder = good(place, base, **more)
        spoil(folder)
        return folder

    return make


def _written(name: str, content: bytes) -> Make:
    return _then(lambda folder: (folder / name).write_bytes(content))


def _weights(content: bytes, **more: Any) -> Make:
    return lambda place, base: good(place, base, content=content, **more)


def _code() -> Iterator[Hostile]:
    bomb = pickle.dumps(Bomb())
    for name in ("pytorch_model.bin", "adapter_model.bin", "adapter_model.pt", "optimizer.pt", "x.PKL",
                 "scheduler.pth",
                 "training_args.bin", "modeling.py", "tokenization.PY", "last.ckpt", "rng.pickle",
                 "__init__.py"):  # fmt: skip
        yield Hostile("code", _written(name, bomb), "could run code")
    for name in ("adapter_model.bin", "adapter_model.pt"):
        yield Hostile("code instead", _then(lambda f, n=name: (f / WEIGHTS).rename(f / n)), "could run code")
    for content in (bomb, b"PK\x03\x04" + bomb, b"\x1f\x8b\x08" + bomb, b"\x89PNG", bomb * 100):
        yield Hostile("pickle as safetensors", _weights(content), "cannot be read")
    for path in ("../../../etc/passwd", "/etc/passwd", "..\\..\\x", "a/../../b.safetensors"):
        index = json.dumps({"weight_map": {FIRST: path}}).encode()
        yield Hostile("index that leads out", _written(NAMES, index), "is not a file of an adapter")
    for name in ("tokenizer.json", "special_tokens_map.json", "added_tokens.json", "config.json", ".hidden", "x.so",
                 "model.safetensors", "adapter_model.safetensors.bak", "chat_template.jinja"):  # fmt: skip
        yield Hostile("another file", _written(name, b"{}"), "is not a file of an adapter")


def _links() -> Iterator[Hostile]:
    def linked(name: str, target: Callable[[Path], Path | str]) -> Make:
        def spoil(folder: Path) -> None:
            (folder / name).rename(folder.parent / "elsewhere")
            (folder / name).symlink_to(target(folder))

        return _then(spoil)

    targets: tuple[Callable[[Path], Path | str], ...] = (
        lambda folder: folder.parent / "elsewhere",
        lambda folder: "../elsewhere",
        lambda folder: "/etc/passwd",
        lambda folder: "/dev/zero",
        lambda folder: "nowhere",
        lambda folder: ".",
    )
    for name in SERVED:
        for target in targets:
            yield Hostile("symbolic link", linked(name, target), "symbolic link")
        yield Hostile("hard link", _then(lambda f, n=name: os.link(f / n, f.parent / "second")), "hard link")
    yield Hostile("hard link", _then(lambda f: os.link(f / WEIGHTS, f / "CARD.md")), "hard link")
    yield Hostile("symbolic link", _then(lambda f: (f / "README.md").symlink_to("/etc/shadow")), "symbolic link")
    yield Hostile("symbolic link", _then(lambda f: (f / "more").symlink_to("/etc")), "symbolic link")

    def whole(place: Path, base: Path) -> Path:
        folder = good(place, base)
        moved = folder.rename(place / "moved")
        folder.symlink_to(moved)
        return folder

    yield Hostile("folder is a link", whole, "the folder cannot be read")


def _special() -> Iterator[Hostile]:
    def instead(name: str, put: Callable[[Path], object]) -> Make:
        def spoil(folder: Path) -> None:
            (folder / name).unlink(missing_ok=True)
            put(folder / name)

        return _then(spoil)

    for name in (*SERVED, "README.md"):
        yield Hostile("pipe", instead(name, os.mkfifo), "is not a plain file")
        yield Hostile("folder for a file", instead(name, Path.mkdir), "is not a plain file")
        yield Hostile("socket", instead(name, _socket), "is not a plain file")
        yield Hostile("device", instead(name, _device), "is not a plain file")
    for name in SERVED:
        yield Hostile("unreadable", _then(lambda f, n=name: (f / n).chmod(0)), "may be read by nobody")
        yield Hostile("missing", _then(lambda f, n=name: (f / n).unlink()), "is missing")
    yield Hostile("a file for the folder", _file_as_folder, "there is no adapter")
    yield Hostile("empty", _then(lambda f: [path.unlink() for path in f.iterdir()]), "is missing")


def _file_as_folder(place: Path, base: Path) -> Path:
    folder = good(place, base)
    shutil.rmtree(folder)
    folder.write_bytes(b"")
    return folder


def _socket(path: Path) -> None:
    at = Path.cwd()
    os.chdir(path.parent)  # a socket's path may have about a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(at)


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o020666, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        os.mkfifo(path)  # only root makes devices


def _bulk() -> Iterator[Hostile]:
    for name, size in ((WEIGHTS, 2**40), (WEIGHTS, 2**31), (CONFIG, 10**8), (CARD, 10**8), ("CARD.md", 2**30),
                       ("README.md", 2**40), ("loss.png", 2**33)):  # fmt: skip
        yield Hostile("huge", _then(lambda f, n=name, s=size: _stretched(f / n, s)), "an adapter of this base needs")
    for count in (17, 3_000):
        yield Hostile("many files", _then(lambda f, n=count: [(f / f"{i}.md").touch() for i in range(n)]), "more than")
    yield Hostile("deep folders", _then(lambda f: (f / "/".join("d" * 50)).mkdir(parents=True)), "is not a plain file")


def _stretched(path: Path, size: int) -> None:
    with path.open("ab") as file:
        file.truncate(size)


def _names() -> Iterator[Hostile]:
    for name in ("bank@39F7EDE58E03", "bank@39f7ede58e0", "bank@39f7ede58e034", "bank", "BANK@39f7ede58e03",
                 "bаnk@39f7ede58e03", "bank@39f7ede58e03\n", "bank＠39f7ede58e03", "bank@３９f7ede58e03",
                 ".bank@39f7ede58e03",
                 "bank @39f7ede58e03", "-bank@39f7ede58e03", "x" * 33 + "@39f7ede58e03", "bank@latest",
                 "bank@39f7ede58e03 ",
                 "bank@39f7ede58e03\x1b[2J", "银行@39f7ede58e03"):  # fmt: skip
        yield Hostile("name", lambda place, base, n=name: good(place, base).rename(place / n), "its name is not task@")
    yield Hostile("another's name", lambda p, b: good(p, b).rename(p / ("bank@" + "0" * 12)), "its name says")


def _configs() -> Iterator[Hostile]:
    for rank in (0, -1, 2**31 + 1, 10**30, 1.5, "16", True, None, math.nan, [8], math.inf):
        yield Hostile("absurd rank", _then(lambda f: None, r=rank), "adapter_config.json cannot be read")
    for rank in (17, 32, 512, 100_000):
        yield Hostile("rank too high", _then(lambda f: None, r=rank), "is above the engine's 16")
    yield Hostile("other rank than its weights", _then(lambda f: None, r=4), "the base and its rank want")
    for pattern, reason in (
        ({"q_proj": 64}, "is above"), ({"q_proj": 4}, "its rank want"), ({"(a+)+$": 8}, "cannot be read"),
        ({"q_proj": "8"}, "cannot be read"), ({"q_proj": -1}, "cannot be read"), ({"q\n": 8}, "cannot be read"),
        ([1], "cannot be read"), ({f"m{n}": 8 for n in range(10_001)}, "cannot be read"), ({"": 8}, "cannot be read"),
    ):  # fmt: skip
        yield Hostile("rank_pattern", _then(lambda f: None, rank_pattern=pattern), reason)
    for alpha in ({"q_proj": 1e9}, {"(.*)*x": 1.0}, {"q_proj": math.nan}, {"q_proj": 0}):
        yield Hostile("alpha_pattern", _then(lambda f: None, alpha_pattern=alpha), "cannot be read")
    for value in (0, -1, 1e9, "16", math.inf, None):
        yield Hostile("lora_alpha", _then(lambda f: None, lora_alpha=value), "cannot be read")
    for flag, set_to, reason in (
        ("use_dora", True, "DoRA"), ("lora_bias", True, "biases"), ("bias", "all", "biases"),
        ("bias", "lora_only", "biases"), ("modules_to_save", ["lm_head"], "modules_to_save"),
        ("modules_to_save", ["embed_tokens", "score"], "modules_to_save"),
        ("trainable_token_indices", [1], "new tokens"),
        ("trainable_token_indices", {"embed_tokens": [7]}, "new tokens"),
        ("alora_invocation_tokens", [1], "activated"),
        ("layer_replication", [[0, 1]], "replicates"), ("peft_type", "IA3", "IA3"), ("peft_type", "LOHA", "LOHA"),
        ("peft_type", "PREFIX_TUNING", "PREFIX"), ("peft_type", "lora", "lora"),
        ("peft_type", None, "cannot be read"),
        ("init_lora_weights", "pissa", "pissa"), ("init_lora_weights", "olora", "olora"),
        ("init_lora_weights", "corda", "corda"), ("init_lora_weights", "loftq", "loftq"),
        ("use_qalora", True, "quantised"),
        ("use_bdlora", {"x": 1}, "block-diagonal"), ("target_parameters", ["w"], "single parameters"),
        ("fan_in_fan_out", True, "transposed"), ("target_modules", ".*_proj", "cannot be read"),
        ("target_modules", ["(a+)+$"], "cannot be read"), ("target_modules", [], "does not name"),
        ("target_modules", ["q_proj"], "does not name"), ("target_modules", None, "cannot be read"),
        ("use_dora", "yes", "cannot be read"),
    ):  # fmt: skip
        yield Hostile(f"config {flag}", _then(lambda f: None, **{flag: set_to}), reason)
    for content in (b"", b"null", b"[]", b"{", DEEP, b'{"r": 8, "r": 512}', b"\xef\xbb\xbf{}", b"\xff\xfe{}",
                    b'{"r": NaN}',
                    b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b'{"r": ' + b"9" * 5_000 + b"}"):  # fmt: skip
        yield Hostile("config is no config", _written(CONFIG, content), "adapter_config.json cannot be read")


def _cards() -> Iterator[Hostile]:
    for sha256 in ("0" * 64, "f" * 64):
        yield Hostile("wrong base", _then(lambda f: None, card={"base_sha256": sha256}), "another base model")
    for sha256 in ("", "abc", "A" * 64, "0" * 63, 7, None, "0" * 64 + "\n"):
        yield Hostile("no base", _then(lambda f: None, card={"base_sha256": sha256}), "card.json cannot be read")
    for when in ("2026-11-01T00:00:00", "yesterday", None, [], "9" * 400):
        yield Hostile("no time", _then(lambda f: None, card={"created_at": when}), "card.json cannot be read")
    for replies in ({"ask/answer": "short"}, [1], "x"):
        yield Hostile("replies", _then(lambda f: None, card={"replies_sha256": replies}), "card.json cannot be read")
    for content in (b"", b"null", b"[1]", b"{", DEEP, b"\xff", '{"created_at": "x"}'.encode("utf-16"),
                    b'{"base_sha256": "a", "base_sha256": "b"}'):  # fmt: skip
        yield Hostile("card is no card", _written(CARD, content), "card.json cannot be read")


def _headers() -> Iterator[Hostile]:
    whole = safetensors(lora())
    for length in (0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1):
        yield Hostile("truncated", _weights(whole[:length]), "cannot be read")
    yield Hostile("bytes behind the end", _weights(whole + b"\0"), "the file has")
    for length in (10**12, 2**63, 2**64 - 1, 8 * 2**20 + 1, len(whole)):
        yield Hostile("header claims too much", _weights(struct.pack("<Q", length) + whole[8:]), "its header claims")
    one = {"dtype": "BF16", "shape": [1, 1], "data_offsets": [0, 2]}
    for header in (b"", b"{", b"[]", b"1", b"null", DEEP, b"\xff" * 8, b"not json", b'{"a": NaN}',
                   b'{"a": 1}', b'{"a": {}}', b'{"a": {"dtype": "BF16"}}'):  # fmt: skip
        yield Hostile("header", _weights(framed(header) + b"\0\0"), "cannot be read")
    for change in (
        {"shape": [-1, -1]}, {"shape": [2**40, 2**40]}, {"shape": [1.0, 1.0]}, {"shape": [True, True]},
        {"shape": [0]},
        {"shape": [1] * 9}, {"shape": "11"}, {"shape": None}, {"data_offsets": [0, 1]}, {"data_offsets": [2, 0]},
        {"data_offsets": [-2, 0]}, {"data_offsets": [0, 2, 4]}, {"data_offsets": [10**30, 10**30 + 2]},
        {"data_offsets": [True, 2]}, {"code": "x"}, {"dtype": 7}, {"dtype": "../../etc"},
    ):  # fmt: skip
        header = json.dumps({FIRST: {**one, **change}}).encode()
        yield Hostile("tensor's description", _weights(framed(header) + b"\0\0"), "cannot be read")
    for second in ([0, 2], [1, 3], [3, 5], [4, 6]):
        header = json.dumps({"a": one, "b": {**one, "data_offsets": second}}).encode()
        yield Hostile("overlap or hole", _weights(framed(header) + bytes(6)), "cannot be read")
    twice = b'{"a": %s, "a": %s}' % (json.dumps(one).encode(), json.dumps({**one, "dtype": "F16"}).encode())
    yield Hostile("one name twice", _weights(framed(twice) + b"\0\0"), "occurs twice")
    for dtype in ("F64", "I64", "I8", "U8", "BOOL", "F8_E4M3"):
        tensors = lora() | {FIRST: (dtype, [RANK, 4], bytes(RANK * 4 * (8 if "64" in dtype else 1)))}
        yield Hostile("type", _weights(safetensors(tensors)), "weights are of")


def _tensors() -> Iterator[Hostile]:
    rest: Tensors = {name: tensor for name, tensor in lora().items() if name != FIRST}
    zeros = bytes(RANK * 4 * 2)
    for shape in ([4, RANK], [RANK, 8], [RANK * 4], [RANK, 4, 1], [2, 4], [RANK, 16]):
        content = bytes(2 * math.prod(shape))
        yield Hostile(
            "shape", _weights(safetensors(rest | {FIRST: ("BF16", shape, content)})), "the base and its rank want"
        )
    for name in (
        "lm_head.weight", "model.embed_tokens.weight", "base_model.model.lm_head.lora_A.weight",
        "../../etc/passwd", "/abs",
        "base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight", FIRST.replace("lora_A", "base_layer"),
        FIRST.replace("lora_A.weight", "lora_magnitude_vector"), FIRST.replace("lora_A", "lora_embedding_A"),
        FIRST.upper(),
        FIRST.replace("o", "о", 1), FIRST + "\n", FIRST + "\0", FIRST.replace("q_proj", "q_proj" * 200), "",
        " " + FIRST,
        "base_model.model.model.norm.lora_A.weight", FIRST.replace("lora_A", "lora_C"), "\x1b[31m" + FIRST,
    ):  # fmt: skip
        more = rest | {name: ("BF16", [RANK, 4], zeros)}
        yield Hostile("tensor's name", _weights(safetensors(more)), "is not one half of a LoRA on a layer of the base")
    yield Hostile("half a LoRA", _weights(safetensors(rest)), "has one half of a LoRA only")
    yield Hostile("no weights", _weights(safetensors({})), "it has no weights")
    for dtype, code, item in (("BF16", "<H", 0x7FC0), ("BF16", "<H", 0x7F80), ("BF16", "<H", 0xFF80),
                              ("F16", "<H", 0x7E00),
                              ("F16", "<H", 0xFC00), ("F32", "<I", 0x7FC00000),
                              ("F32", "<I", 0xFF800000)):  # fmt: skip
        width = struct.calcsize(code)
        content = bytes(width * (RANK * 4 - 1)) + struct.pack(code, item)
        yield Hostile(
            "not a number", _weights(safetensors(rest | {FIRST: (dtype, [RANK, 4], content)})), "infinite or not"
        )
