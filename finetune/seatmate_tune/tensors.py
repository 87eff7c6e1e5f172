"""Rendered rows as one padded batch, and what a model says about the tokens that are learned."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from seatmate_tune.guide import Look
from seatmate_tune.render import Rendered

_NOT_LEARNED = -100


class Learned(NamedTuple):
    logits: torch.Tensor
    """(learned tokens, vocabulary), float32."""
    wanted: torch.Tensor
    """(learned tokens,)"""
    attentions: tuple[torch.Tensor, ...] = ()
    """By layer (rows, heads, from, to), where they were asked for."""


def learned(batch: Sequence[Rendered], body: Any, head: Any, attentions: bool = False) -> Learned:
    """One forward pass; the head sees the learned positions only. Attentions are seen by the slow way to make them."""
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
        if attentions:
            body.set_attn_implementation("eager")
            made = body(input_ids=ids, use_cache=False, output_attentions=True)
            body.set_attn_implementation("sdpa")
        else:
            made = body(input_ids=ids, use_cache=False)
        logits = head(made.last_hidden_state[there])
    return Learned(logits.float(), wanted[there], tuple(made.attentions) if attentions else ())


def elsewhere(attentions: Sequence[torch.Tensor], rows: Sequence[Sequence[Look]]) -> torch.Tensor:
    """Minus the log of the attention that falls where it should: the mean of each head's looks, summed over heads."""
    heads: dict[tuple[int, int], list[tuple[int, Look]]] = {}
    for number, row in enumerate(rows):
        for look in row:
            heads.setdefault((look.layer, look.head), []).append((number, look))
    total = attentions[0].new_zeros((), dtype=torch.float32)
    for (layer, head), wanted in sorted(heads.items()):
        of, at = [number for number, _ in wanted], [look.at for _, look in wanted]
        seen = attentions[layer][of, head, at].float()
        there = torch.zeros_like(seen)
        for n, (_, look) in enumerate(wanted):
            there[n, list(look.keys)] = 1.0
        total = total - ((seen * there).sum(-1) + 1e-6).log().mean()
    return total
