"""Quotes that were written down as a course, not recorded: ``SYMBOL.script``.

::

    # a quiet minute, a rise, a fall through everything, then an hour nobody foresees
    start 2024-03-04T10:00:00Z at 1.10000 spread 10 every 1s
    hold 60s
    move +50 in 30s
    gap -400
    silence 2h
    walk 1h step 5

Distances are points, times ``s``, ``m``, ``h`` or ``d``. ``walk`` steps by chance, up to ``step`` points a
quote; the seed chooses its path, and the same seed the same one. ``spread 20`` and ``every 5s`` hold from
their line on.
"""

from __future__ import annotations

import random
import re
from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from signalos.domain.errors import ConfigError
from signalos.prices.series import PriceSeries, to_micros

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SECOND = 1_000_000
_MOST = 5_000_000
"""Quotes of one file: more is a slip of the pen, and would fill the memory."""
_TIME = r"(\d+)([smhd])"
_START = re.compile(rf"start (\S+) at (\S+) spread (\d+) every {_TIME}")


def read_script(path: Path, symbol: str, digits: int, seed: int) -> PriceSeries:
    """Write out the quotes of a script. Raises ConfigError naming the line."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as why:
        raise ConfigError(f"{path} cannot be read: {why}. Save it anew as UTF-8 text.") from why
    course: _Course | None = None
    for number, line in enumerate(lines, 1):
        words = " ".join(line.partition("#")[0].split())
        try:
            if words and course is None:
                course = _started(words, digits, random.Random(f"script:{symbol}:{seed}"))  # noqa: S311 -- repeatability is the purpose
            elif words and course is not None:
                course.follow(words)
        except ValueError as why:
            raise ConfigError(f"{path}, line {number}: {why}") from None
    if course is None:
        raise ConfigError(f"{path} holds no course: begin with start TIME at PRICE spread POINTS every 1s")
    return PriceSeries(symbol, digits, course.times, course.bids, course.asks)


class _Course:
    """Where the quotes have come to. A ValueError says what of a line cannot be followed."""

    def __init__(self, now: int, bid: int, spread: int, every: int, dice: random.Random) -> None:
        self.times, self.bids, self.asks = array("q"), array("q"), array("q")
        self._now, self._bid, self._spread, self._every, self._dice = now, bid, spread, every, dice
        self._quote()

    def follow(self, words: str) -> None:
        """Carry out one line."""
        for form, deed in _FORMS:
            found = form.fullmatch(words)
            if found is not None:
                return deed(self, *found.groups())
        raise ValueError(f"{words!r} is none of hold, move, gap, walk, silence, spread, every")

    def hold(self, amount: str, unit: str) -> None:
        for _ in range(self._quotes(amount, unit)):
            self._next(self._bid)

    def move(self, points: str, amount: str, unit: str) -> None:
        count, begin = self._quotes(amount, unit), self._bid
        for n in range(1, count + 1):
            self._next(begin + round(int(points) * n / count))

    def gap(self, points: str) -> None:
        self._next(self._bid + int(points))

    def walk(self, amount: str, unit: str, step: str) -> None:
        for _ in range(self._quotes(amount, unit)):
            self._next(max(1, self._bid + self._dice.randint(-int(step), int(step))))

    def silence(self, amount: str, unit: str) -> None:
        self._now += _micros(amount, unit)

    def widen(self, points: str) -> None:
        self._spread = int(points)

    def pace(self, amount: str, unit: str) -> None:
        self._every = _pace(amount, unit)

    def _quotes(self, amount: str, unit: str) -> int:
        count = _micros(amount, unit) // self._every
        if count == 0:
            raise ValueError(f"{amount}{unit} is shorter than the time between two quotes")
        if count + len(self.times) > _MOST:
            raise ValueError(f"that would be more than {_MOST} quotes: quote less often")
        return count

    def _next(self, bid: int) -> None:
        if bid <= 0:
            raise ValueError("the price falls to nothing")
        self._now += self._every
        self._bid = bid
        self._quote()

    def _quote(self) -> None:
        self.times.append(self._now)
        self.bids.append(self._bid)
        self.asks.append(self._bid + self._spread)


_FORMS: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
    (re.compile(f"hold {_TIME}"), _Course.hold),
    (re.compile(rf"move ([+-]\d+) in {_TIME}"), _Course.move),
    (re.compile(r"gap ([+-]\d+)"), _Course.gap),
    (re.compile(rf"walk {_TIME} step (\d+)"), _Course.walk),
    (re.compile(f"silence {_TIME}"), _Course.silence),
    (re.compile(r"spread (\d+)"), _Course.widen),
    (re.compile(f"every {_TIME}"), _Course.pace),
)


def _started(words: str, digits: int, dice: random.Random) -> _Course:
    found = _START.fullmatch(words)
    if found is None:
        raise ValueError("the course begins with: start 2024-03-04T10:00:00Z at 1.10000 spread 10 every 1s")
    when, price, spread, amount, unit = found.groups()
    moment = datetime.fromisoformat(when)
    try:
        points = Decimal(price).scaleb(digits)
    except InvalidOperation:
        raise ValueError(f"{price!r} is not a price") from None
    if not points.is_finite() or points != int(points) or points <= 0:
        raise ValueError(f"{price!r} is not a price above zero with {digits} decimals at most")
    start = to_micros(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
    return _Course(start, int(points), int(spread), _pace(amount, unit), dice)


def _pace(amount: str, unit: str) -> int:
    every = _micros(amount, unit)
    if every == 0:
        raise ValueError("quotes need some time between them: every 1s")
    return every


def _micros(amount: str, unit: str) -> int:
    return int(amount) * _UNITS[unit] * _SECOND
