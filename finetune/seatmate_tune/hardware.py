"""The machine that a recipe is meant for, as far as training and its estimates must know it."""

from typing import Annotated, Literal

from pydantic import Field

from seatmate.domain.model import Shape


class Hardware(Shape):
    """Two CPU cores unless the recipe says otherwise."""

    device: Literal["cpu", "cuda"] = "cpu"
    memory_gib: Annotated[float, Field(gt=0)] | None = None
    """Of the card; with it a recipe that does not fit is refused."""
    weights: Literal["float32", "bfloat16"] = "float32"
    """How the frozen base is held; the adapter is always trained in float32."""
    checkpointing: bool = False
    """Compute activations anew on the way back: a third more work for a fraction of the memory."""
    useful_tflops: Annotated[float, Field(gt=0)] = 0.09
    """What is really reached, not the data sheet's: tokens per second of an earlier run × work of a token (sizes.py). The
    default is that of bank@39f7ede58e03 on two shared cores (900,641 tokens in 3.1 minutes)."""
