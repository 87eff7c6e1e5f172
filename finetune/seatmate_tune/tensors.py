"""Rendered rows as one padded batch, or end to end in one row, and what a model says about the tokens that are learned."""

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


class Packed(NamedTuple):
    """Rows end to end in one. Positions start anew with each row, which is how transformers tells them apart: by a mask
    with a block for each (SDPA, eager), or by each one's length (flash attention, for a batch of one row only)."""

    ids: torch.Tensor
    wanted: torch.Tensor
    positions: torch.Tensor


def pack(batch: Sequence[Rendered]) -> Packed:
    ids = torch.cat([torch.tensor(row.ids) for row in batch])
    positions = torch.cat([torch.arange(len(row.ids)) for row in batch])
    return Packed(ids[None], torch.cat([_wanted(row) for row in batch])[None], positions[None])


def attend_packed(model: Any) -> None:
    """Flash attention where it is installed: a mask is the square of all rows together, and so is the work behind it."""
    from transformers.utils import is_flash_attn_2_available

    if is_flash_attn_2_available():
        model.set_attn_implementation("flash_attention_2")


def _padded(batch: Sequence[Rendered]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(row.ids) for row in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    wanted = torch.full((len(batch), longest), _NOT_LEARNED)
    for i, row in enumerate(batch):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        wanted[i, : len(row.ids)] = _wanted(row)
    return ids, wanted


def _wanted(row: Rendered) -> torch.Tensor:
    """At each token the next one, if that is learned; a row's last token says nothing about another row's first."""
    wanted = torch.tensor((*row.ids[1:], _NOT_LEARNED))
    wanted[torch.tensor((*row.mask[1:], 0)) == 0] = _NOT_LEARNED
    return wanted


def learned(batch: Sequence[Rendered], body: Any, head: Any, attentions: bool = False, packed: bool = False) -> Learned:
    """One forward pass; the head sees the learned positions only. Attentions are seen by the slow way to make them."""
    ids, wanted, positions = pack(batch) if packed else (*_padded(batch), None)
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
            at = None if positions is None else positions.to(device)
            made = body(input_ids=ids, position_ids=at, use_cache=False)
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
