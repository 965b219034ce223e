"""What the terminal said before a send, and when the decision's own reading is new enough to serve for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from signalos.brokers.mt5.ahead import Moment
from signalos.brokers.mt5.link import Link
from signalos.brokers.mt5.mapping import Conditions, Terminal
from signalos.domain.market import Account, Tick

NEW_SECONDS = 0.05
"""A decision's reading this young serves the send as well: two syncs of the disk lie between them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the terminal said before a send. The rows are None where nothing exists.

    ``just_read`` is False where the decision's reading serves: the worker then looks at the quote once more.
    """

    terminal: Terminal
    account: Account
    symbol: Conditions | None
    tick: Tick | None
    position: dict[str, Any] | None
    order: dict[str, Any] | None
    rows: dict[str, Any]
    just_read: bool = True


class NewestFacts:
    """The facts that came with the newest decision's snapshot: good for one send, and none after another."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._kept: tuple[Moment, Facts] | None = None

    def keep(self, read_at: Moment, facts: Facts) -> None:
        """Keep ``facts`` from a reading that was asked for at ``read_at``."""
        self._kept = (read_at, facts)

    @property
    def read_at(self) -> Moment | None:
        """When what is kept was asked for; None where nothing is."""
        return None if self._kept is None else self._kept[0]

    def take(self, symbol: str) -> Facts | None:
        """The facts about ``symbol`` (the broker's name) if they still hold; they are handed out once."""
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        (sends, at), facts = kept
        now_sends, now = self._link.moment()
        young = 0 <= now - at <= NEW_SECONDS
        ours = facts.symbol is not None and facts.symbol.name == symbol
        return facts if young and ours and sends == now_sends else None
