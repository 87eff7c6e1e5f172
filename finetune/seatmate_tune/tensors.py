"""Rendered rows as one padded batch, and what a model says about the tokens that are learned."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from seatmate_tune.render import Rendered

_NOT_LEARNED = -100


class Learned(NamedTuple):
    logits: torch.Tensor
    """(learned tokens, vocabulary), float32."""
    wanted: torch.Tensor
    """(learned tokens,)"""


def learned(batch: Sequence[Rendered], body: Any, head: Any) -> Learned:
    """One forward pass; the head sees the learned positions only."""
    longest = max(len(row.ids) for row in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    wanted = torch.full((len(batch), longest), _NOT_LEARNED)
    for i, row in enumerate(batch):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        target = torch.tensor(row.ids[1:])
        target[torch.tensor(row.mask[1:]) == 0] = _NOT_LEARNED
        wanted[i, : len(row.ids) - 1] = target
    device = next(body.parameters()).device
    ids, wanted = ids.to(device), wanted.to(device)
    there = wanted != _NOT_LEARNED
    with torch.autocast(device.type, torch.bfloat16):
        # Padding is on the right and attention is causal: no mask is needed for what comes before it.
        hidden = body(input_ids=ids, use_cache=False).last_hidden_state[there]
        logits = head(hidden)
    return Learned(logits.float(), wanted[there])
