"""Faults on demand: what can go wrong between a terminal and its client, at a chosen call."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from signalos.domain.errors import ConfigError

COMMENT_LIMIT = 29


class Effect(StrEnum):
    """``retcode``: a refusal with ``retcode``, nothing done. ``no_result``: None with ``code`` in
    ``last_error``. ``delay``: ``seconds`` before the call. ``drop_answer``: the connection breaks
    instead of the answer. ``die_after``: the terminal dies instead of answering. ``never_answer``: the
    call never ends. ``no_result`` and these three carry the call out unless ``execute`` is false.
    ``comment``: the broker keeps the first ``keep`` characters of an order's comment and appends
    ``text``. ``history_lag``: what happened within the last ``seconds`` is not in the history yet.
    ``stale_tick``: the tick of ``seconds`` ago. ``ticket``: the position of an order gets another ticket
    once it is done; its identifier stays. Before the call, ``gap``: the price of ``moves`` (the call's
    own symbol, if not given) jumps by ``points`` until its next recorded quote, and every stop in
    between goes with it; ``disconnect`` and ``autotrading_off``: the line to the broker is lost, the
    autotrading button is off, for ``seconds`` from this call on.
    """

    RETCODE = "retcode"
    NO_RESULT = "no_result"
    DELAY = "delay"
    DROP_ANSWER = "drop_answer"
    DIE_AFTER = "die_after"
    NEVER_ANSWER = "never_answer"
    COMMENT = "comment"
    HISTORY_LAG = "history_lag"
    STALE_TICK = "stale_tick"
    TICKET = "ticket"
    GAP = "gap"
    DISCONNECT = "disconnect"
    AUTOTRADING_OFF = "autotrading_off"


_ONLY = {
    Effect.RETCODE: ("order_send",),
    Effect.COMMENT: ("order_send",),
    Effect.TICKET: ("order_send",),
    Effect.HISTORY_LAG: ("history_orders_get", "history_deals_get"),
    Effect.STALE_TICK: ("symbol_info_tick",),
}
"""Effects that mean something for these functions alone."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. It applies to calls of ``fn`` (of ``symbol`` alone, if given): to those whose number is
    in ``nth`` (counted from 1 since the terminal's start), else each time with ``probability``.
    """

    fn: str
    effect: Effect
    nth: int | list[int] | None = None
    probability: float | None = None
    symbol: str | None = None
    retcode: int = 10006
    code: int = -10002
    seconds: float = 1.0
    keep: int = 0
    text: str = ""
    execute: bool = True
    points: int = 0
    moves: str | None = None

    def __post_init__(self) -> None:
        if (self.nth is None) == (self.probability is None):
            raise ValueError("a fault has either nth or probability")
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError("probability lies between 0 and 1")
        if self.fn not in _ONLY.get(self.effect, (self.fn,)):
            raise ValueError(f"{self.effect} is a fault of {' and '.join(_ONLY[self.effect])} only")
        if (self.effect is Effect.GAP) != (self.points != 0):
            raise ValueError("a gap, and nothing else, has points")
        if self.keep < 0 or len(self.text) > COMMENT_LIMIT:
            raise ValueError(f"keep is 0 or more, text has {COMMENT_LIMIT} characters at most")


def read_faults(path: Path) -> list[Fault]:
    """Read a JSON list of faults. Raises ConfigError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Fault])
    except (OSError, msgspec.DecodeError) as why:
        raise ConfigError(
            f"the fault file {path} cannot be used: {why}. "
            'Expected e.g. [{"fn": "order_send", "nth": 3, "effect": "drop_answer"}].'
        ) from why


class Faults:
    """Decides for each call which fault strikes; the same seed and calls, the same faults."""

    def __init__(self, rules: Sequence[Fault] = (), seed: int = 0) -> None:
        self._rules = list(rules)
        self._calls = [0] * len(self._rules)
        self._random = random.Random(f"faults:{seed}")  # noqa: S311 -- repeatability is the purpose

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, rule: Fault) -> None:
        """Add a rule; it counts calls from now on."""
        self._rules.append(rule)
        self._calls.append(0)

    def strike(self, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Fault | None:
        """The first rule that strikes this call, None if none does."""
        struck: Fault | None = None
        for n, rule in enumerate(self._rules):
            if rule.fn != fn or (rule.symbol is not None and rule.symbol != symbol_of(args, kwargs)):
                continue
            self._calls[n] += 1
            if rule.nth is None:
                hit = self._random.random() < (rule.probability or 0.0)
            else:
                hit = self._calls[n] in ([rule.nth] if isinstance(rule.nth, int) else rule.nth)
            if hit and struck is None:
                struck = rule
        return struck


def symbol_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The symbol that a call names, None if it names none."""
    if args and isinstance(args[0], Mapping):
        return args[0].get("symbol")
    return kwargs.get("symbol", args[0] if args else None)
