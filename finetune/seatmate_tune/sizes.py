"""How large a model is, and what training a LoRA on it takes: from its shapes alone, no weights are read.

weights       parameters × 4 or 2 bytes; on a CPU, autocast keeps a bf16 copy of float32 matrices for a step
adapter       LoRA parameters × 16 bytes: float32 value, gradient and Adam's two moments (Rajbhandari et al. 2020, ZeRO)
activations   what a layer keeps for its way back, per token (our count of a Qwen3 layer after Korthikanti et al. 2022,
              §4.1, without attention's s² term: SDPA does not keep it); all layers' or, with checkpointing, one
              layer's and every layer's input (Chen et al. 2016)
mask          of packed rows, where flash attention is not installed: the square of a step's tokens, a byte for all layers
              and two for each that is kept
logits        learned tokens × vocabulary × 10 bytes: bf16 logits, their float32 copy and its gradient
work          4 × parameters FLOP a token (forward 2, back through frozen weights 2), 6 with checkpointing
              (after Kaplan et al. 2020, where weights' gradients make it 6 without)
"""

from dataclasses import dataclass

from seatmate_tune.hardware import Hardware
from seatmate_tune.recipe import Adapter, Shapes

GIB = 2**30
_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class Memory:
    """Bytes at the peak of a step, by what holds them."""

    weights: int
    adapter: int
    activations: int
    logits: int
    overhead: int

    @property
    def total(self) -> int:
        return self.weights + self.adapter + self.activations + self.logits + self.overhead


def layer_matrices(shapes: Shapes) -> dict[str, tuple[int, int]]:
    """(in, out) of each matrix of a layer."""
    query, key = shapes.heads * shapes.head_dim, shapes.kv_heads * shapes.head_dim
    h, m = shapes.hidden, shapes.mlp
    attention = {"q_proj": (h, query), "k_proj": (h, key), "v_proj": (h, key), "o_proj": (query, h)}
    return attention | {"gate_proj": (h, m), "up_proj": (h, m), "down_proj": (m, h)}


def parameters(shapes: Shapes, tied: bool) -> int:
    """Of the whole model: Qwen3 has two norms of a layer, two of its heads, and no biases."""
    matrices = sum(into * out for into, out in layer_matrices(shapes).values())
    layer = matrices + 2 * shapes.hidden + 2 * shapes.head_dim
    return shapes.layers * layer + shapes.vocab * shapes.hidden * (1 if tied else 2) + shapes.hidden


def adapter_parameters(shapes: Shapes, adapter: Adapter | None) -> int:
    """Of a LoRA on its matrices of every layer."""
    if adapter is None:
        return 0
    return shapes.layers * adapter.r * sum(into + out for into, out in _adapted(shapes, adapter))


def _adapted(shapes: Shapes, adapter: Adapter) -> list[tuple[int, int]]:
    matrices = layer_matrices(shapes)
    return [matrices[name] for name in adapter.layers]


def memory(
    shapes: Shapes, tied: bool, adapter: Adapter | None, tokens: int, learned: int, hardware: Hardware, packed: bool = False,
) -> Memory:  # fmt: skip
    """For one step over `tokens` tokens, of which `learned` have a loss."""
    frozen = parameters(shapes, tied)
    copied = frozen * 2 if hardware.device == "cpu" and hardware.weights == "float32" else 0
    kept = tokens * kept_by_layer(shapes, adapter)
    inputs = tokens * shapes.hidden * 2 * shapes.layers
    mask = tokens**2 * (1 + 2 * (1 if hardware.checkpointing else shapes.layers)) if packed else 0
    parts = {
        "weights": frozen * _BYTES[hardware.weights] + copied,
        "adapter": adapter_parameters(shapes, adapter) * 16,
        "activations": mask + (kept + inputs if hardware.checkpointing else kept * shapes.layers),
        "logits": learned * shapes.vocab * 16,
    }
    # Libraries and their buffers: about 1 GiB of a CUDA context with its kernels, 0.5 GiB of Python with torch.
    fixed = GIB if hardware.device == "cuda" else GIB // 2
    return Memory(**parts, overhead=fixed + sum(parts.values()) // 10)


def kept_by_layer(shapes: Shapes, adapter: Adapter | None) -> int:
    """Bytes that a layer keeps of a token for its way back, in bf16; norms keep float32 inputs and outputs as well."""
    query, key = shapes.heads * shapes.head_dim, shapes.kv_heads * shapes.head_dim
    norms = (2 * shapes.hidden + query + key) * (4 + 4 + 2)
    attention = (2 * (query + key) + key + query) * 2
    mlp = 4 * shapes.mlp * 2
    if adapter is None:
        return norms + attention + mlp + sum(into for into, _ in layer_matrices(shapes).values()) * 2
    # Each LoRA keeps what goes in and its own middle, frozen matrices keep nothing.
    lora = sum(into + adapter.r for into, _ in _adapted(shapes, adapter)) * 2
    return norms + attention + mlp + lora


def flops_of_a_token(shapes: Shapes, tied: bool, checkpointing: bool) -> int:
    """Embeddings are looked up, the head multiplies learned tokens only: both are left out."""
    body = parameters(shapes, tied) - shapes.vocab * shapes.hidden * (1 if tied else 2)
    return body * (6 if checkpointing else 4)


def seconds(tokens: int, shapes: Shapes, tied: bool, hardware: Hardware) -> float:
    return tokens * flops_of_a_token(shapes, tied, hardware.checkpointing) / (hardware.useful_tflops * 1e12)
