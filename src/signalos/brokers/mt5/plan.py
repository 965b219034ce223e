"""How one kind of request is carried out: what every plan answers, and what all plans share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.clock_offset import ClockOffset
from signalos.brokers.mt5.facts import Facts, NewestFacts
from signalos.brokers.mt5.link import Link
from signalos.brokers.mt5.preflight import Objection
from signalos.brokers.mt5.quotes import Quotes, ServerTime
from signalos.brokers.mt5.request import TradeRequest
from signalos.brokers.mt5.retcodes import Meaning
from signalos.brokers.mt5.settings import Settings
from signalos.brokers.mt5.symbol_book import SymbolBook
from signalos.domain.order import Outcome, OutcomeKind
from signalos.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Answer:
    """What order_send answered, with its meaning. Numbers are 0 where there was no result."""

    meaning: Meaning
    retcode: int
    deal: int = 0
    order: int = 0
    volume: float = 0.0
    price: float = 0.0
    detail: str = ""

    @property
    def explanation(self) -> str:
        """The meaning in words, with what the broker itself wrote."""
        return f"{self.meaning.text} ({self.detail})" if self.detail else self.meaning.text


@dataclass(frozen=True, slots=True)
class Tools:
    """What plans work with."""

    link: Link
    book: SymbolBook
    quotes: Quotes
    server_time: ServerTime
    clock: Clock
    market: Clock
    settings: Settings
    newest: NewestFacts
    offset: ClockOffset | None = None

    @property
    def clock_off(self) -> float | None:
        """Seconds that this machine's clock is ahead, None while it is not known."""
        return None if self.offset is None else self.offset.seconds

    async def facts(
        self, symbol: str | None = None, *, position: int | None = None, order: int | None = None
    ) -> Facts:
        """Read the worker's ``prepare``. Raises WrongAccount: what another account lacks proves nothing."""
        rows = await self.link.read("prepare", symbol=symbol, position=position, order=order)
        await self.link.must_be_ours(rows["account"], rows["terminal"])
        terms = mapping.conditions(rows["info"]) if "info" in rows else None
        return Facts(
            mapping.terminal(rows["terminal"]),
            mapping.account(rows["account"], rows["terminal"]),
            terms,
            self.quotes.tick(terms, rows["tick"]) if terms is not None else None,
            rows["position"],
            rows["order"],
            rows,
        )

    async def pauses(self) -> AsyncIterator[int]:
        """Count the looks at something that must show itself soon, waiting longer between them."""
        for look in range(self.settings.verify_tries):
            if look:
                await self.clock.sleep(self.settings.first_pause * 2.0 ** (look - 1))
            yield look


Prepared: TypeAlias = TradeRequest | Outcome
"""Either a request to send now, or the outcome when nothing is to be sent."""


class Plan(Protocol):
    """One request on its way. ``prepare`` is called anew before every try."""

    adds_exposure: bool
    """Whether the prepared request may add exposure: the gate is then asked before the send."""

    async def prepare(self, filling: int) -> Prepared:
        """Read, check and build. ``filling`` is 0, or 1 for the second filling mode."""
        ...

    async def carried_out(self, answer: Answer) -> Outcome:
        """Look at what a carried-out or accepted request left behind."""
        ...

    async def gone(self) -> Outcome | None:
        """Say how the request's object ended; None while it lives."""
        ...


def refused_by(objection: Objection) -> Outcome:
    """The outcome of a check that objected."""
    return Outcome(
        kind=objection.kind,
        retcode=objection.retcode,
        reason=objection.reason,
        explanation=objection.explanation,
    )


def unproven(answer: Answer, **known: Any) -> Outcome:
    """The terminal said yes, but nothing shows it yet: to be settled, never sent again."""
    return Outcome(
        kind=OutcomeKind.UNKNOWN,
        retcode=answer.retcode,
        reason="unproven",
        explanation=(
            "The terminal accepted the request, but positions, orders and history do not show it yet. "
            "Nothing is sent again; it is looked for until it shows."
        ),
        **known,
    )
