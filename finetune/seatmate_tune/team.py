"""One process, or several under `accelerate launch`, that share every batch and step as one; the first alone writes.

Each process holds the whole model; gradients are added up in one message a step, so an adapter's are all that travels.
The sum is that of one process with the whole batch, up to rounding and to which words dropout hits.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from accelerate import PartialState
from accelerate.utils import reduce

from seatmate.domain.errors import Misconfigured
from seatmate_tune.render import Rendered


class Team:
    def __init__(self, device: Literal["cpu", "cuda"]) -> None:
        """Misconfigured where there is no such device."""
        self._state: Any = PartialState(cpu=device == "cpu")
        if self._state.device.type != device:
            raise Misconfigured(f"the recipe is for {device}, this machine has {self._state.device.type}")

    @property
    def device(self) -> torch.device:
        return torch.device(self._state.device)

    @property
    def size(self) -> int:
        return int(self._state.num_processes)

    @property
    def is_first(self) -> bool:
        return bool(self._state.is_main_process)

    def share(self, batch: Sequence[Rendered]) -> tuple[Sequence[Rendered], float]:
        """This process's rows, and their part of the batch's learned tokens.

        Where rows are fewer than processes, a row comes along for nothing: all must step."""
        if self.size == 1:
            return batch, 1.0
        mine = batch[self._state.process_index :: self.size]
        if not mine:
            return batch[:1], 0.0
        return mine, _learned(mine) / _learned(batch)

    def add_up(self, parameters: Sequence[Any], loss: torch.Tensor) -> float:
        """Everybody's gradients in everybody's parameters; returns the loss of the whole batch."""
        if self.size == 1:
            return float(loss.detach())
        flat = reduce(torch.cat([*(p.grad.reshape(-1) for p in parameters), loss.detach().reshape(1)]), "sum")
        at = 0
        for parameter in parameters:
            parameter.grad.copy_(flat[at : at + parameter.numel()].view_as(parameter))
            at += parameter.numel()
        return float(flat[-1])

    def part(self) -> None:
        """At the end of a run: nobody leaves before the first has written."""
        self._state.wait_for_everyone()
        self._state.destroy_process_group()


def _learned(rows: Sequence[Rendered]) -> int:
    return sum(sum(row.mask[1:]) for row in rows)
