"""What a language model is to the app: something that is asked and answers orders, or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class NoAnswer(Exception):
    """There is no usable answer. ``reason`` is a stable code; the text holds nothing the endpoint wrote.

    ``passing``: the endpoint's trouble (down, slow, busy), not this message's: the user is told once.
    """

    def __init__(self, reason: str, text: str, *, passing: bool = True) -> None:
        super().__init__(text)
        self.reason = reason
        self.passing = passing


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """An order as the model answered it: plain words, nothing of it believed yet."""

    symbol: str
    side: str
    order: str = "market"
    entry: tuple[str, ...] = ()
    stop_loss: str | None = None
    take_profits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The orders of an answer, none if the model found none, and the answer's own text for the journal."""

    orders: tuple[ModelOrder, ...]
    text: str


class LanguageModel(Protocol):
    """One model behind one endpoint."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    async def ask(self, text: str, symbols: Sequence[str]) -> Answer:
        """Ask about one message. Raises NoAnswer, within the timeout of its settings."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...
