"""Divides a position that several people's deals made, as the judge understands it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signalos.brokers.simulated.codes import Entry, Reason
from signalos.brokers.simulated.records import Deal


@dataclass(frozen=True)
class Part:
    """How a shared position is divided after ``deal``, in volume units; ``taken``: what the app closed of the user's."""

    deal: Deal
    own: int
    others: int
    taken: int = 0


def parts(deals: Sequence[Deal], position: int) -> Iterator[Part]:
    """Divide a position between us and a hand, deal by deal: who takes from it takes their own first."""
    own = others = 0
    for deal in deals:
        if deal.position != position:
            continue
        by_hand = deal.reason is Reason.EXPERT and not deal.magic
        if deal.entry is Entry.IN:
            own, others = (own, others + deal.volume) if by_hand else (own + deal.volume, others)
            yield Part(deal, own, others)
            continue
        closed = min(deal.volume, own + others)
        mine = min(own, max(0, closed - others)) if by_hand else min(own, closed)
        own, others = own - mine, others - (closed - mine)
        by_app = deal.reason is Reason.EXPERT and deal.magic
        taken = deal.volume - mine if by_app else 0
        if deal.entry is Entry.INOUT:
            # Turned round by a hand, it is ours no more; by an entry of ours that met a hand's, its rest is ours.
            own, others = deal.volume - closed if by_app else 0, 0
        yield Part(deal, own, others, taken)
