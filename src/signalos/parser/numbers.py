"""Written numerals -> the values they may mean.

``58,900`` is fifty-eight thousand to one writer and 58.9 to another. A numeral therefore keeps all
its readings, the usual one first; which one is meant is settled later by the symbol's order of
magnitude and by the prices beside it.
"""

from __future__ import annotations

from decimal import Decimal

MAX_DIGITS = 18
_FEWEST_SHORT_DIGITS = 2
"""One digit alone is a count, never a price written short."""


class Numeral:
    """A number as written (``raw``) with its ``readings``, the usual one first. Never changed once it is made.

    ``unit`` is "" for what may be a price, else pips | percent | leverage | ratio | time | date | lots |
    cut | noise; ``sign`` is "", "+" or "-".
    """

    __slots__ = ("price", "raw", "readings", "sign", "unit", "value", "whole")

    def __init__(self, raw: str, readings: tuple[Decimal, ...], unit: str = "", sign: str = "") -> None:
        self.raw = raw
        self.readings = readings
        self.unit = unit
        self.sign = sign
        self.value = readings[0]
        """The usual reading."""
        self.whole = raw.isdecimal()
        """True if written without any separator."""
        self.price = not sign and unit in ("", "pips")
        """True if it may be a price or a distance."""

    def __repr__(self) -> str:
        return f"Numeral({self.raw!r}, {self.readings}, {self.unit!r}, {self.sign!r})"

    @property
    def digits(self) -> str:
        """The digits alone."""
        return self.raw if self.whole else "".join([c for c in self.raw if c.isdecimal()])

    def with_unit(self, unit: str) -> Numeral:
        """The same number as one of ``unit``."""
        return Numeral(self.raw, self.readings, unit, self.sign)

    def with_sign(self, sign: str) -> Numeral:
        """The same number behind ``sign``."""
        return Numeral(self.raw, self.readings, self.unit, sign)

    def with_readings(self, readings: tuple[Decimal, ...]) -> Numeral:
        """The same number, which may mean ``readings``."""
        return Numeral(self.raw, readings, self.unit, self.sign)


def readings(raw: str) -> tuple[Decimal, ...]:
    """Return what ``raw`` may mean, the usual reading first; () if it is no number (a date, a version)."""
    if len(raw) > MAX_DIGITS and sum([c.isdecimal() for c in raw]) > MAX_DIGITS:
        return ()
    if raw.isdecimal():
        return (Decimal(raw),)
    raw = _without_apostrophes(raw)
    if "'" in raw:
        return ()  # "1.3'4": no way of writing a price
    dots, commas = raw.count("."), raw.count(",")
    if not dots and not commas:
        return (Decimal(raw),) if raw.isdecimal() else ()
    if dots and commas:
        return _mixed(raw)
    mark = "." if dots else ","
    if dots + commas > 1:
        return (Decimal(raw.replace(mark, "")),) if _grouped(raw.split(mark)) else ()
    head, tail = raw.split(mark)
    decimal = Decimal(f"{head}.{tail}")
    if not head or len(tail) != 3 or len(head) > 3 or head.startswith("0"):
        return (decimal,)
    thousands = Decimal(head + tail)
    return (decimal, thousands) if mark == "." else (thousands, decimal)


def _without_apostrophes(raw: str) -> str:
    """Drop the thousands mark of Swiss and Arabic writers where it groups by three."""
    if "'" not in raw:
        return raw
    head, *rest = raw.split("'")
    if all(len(part[:3]) == 3 and part[:3].isdecimal() for part in rest):
        return head + "".join(rest)
    return raw


def _mixed(raw: str) -> tuple[Decimal, ...]:
    decimal_mark = max("., ".strip(), key=raw.rfind)
    group_mark = "," if decimal_mark == "." else "."
    if raw.count(decimal_mark) != 1:
        return ()
    whole, fraction = raw.split(decimal_mark)
    if not _grouped(whole.split(group_mark)):
        return ()
    return (Decimal(whole.replace(group_mark, "") + "." + fraction),)


def _grouped(parts: list[str]) -> bool:
    return 1 <= len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])


def split_list(raw: str) -> list[str]:
    """Cut prices that were written together (``2655,2662,2670``, ``1.0850,1.0870``) at their commas."""
    if "," not in raw:
        return [raw]
    parts = raw.split(",")
    if "." in raw:
        if raw.count(".") == len(parts) and all(part.count(".") == 1 for part in parts):
            return parts
        return [raw]
    if not _grouped(parts) and all(len(part) >= 4 for part in parts):
        return parts
    if len(parts) > 2 and not _grouped(parts) and len({len(part) for part in parts}) == 1:
        return parts
    return [raw]


def expand(short: Numeral, full: Decimal, full_digits: str) -> list[Decimal]:
    """Return the prices that ``short`` may stand for beside ``full``, whose leading digits it leaves out.

    The first is the strict one (digits of ``full`` with its tail replaced), then those with the last
    kept digit one up or down, as in 2698/02.
    """
    if len(short.digits) < _FEWEST_SHORT_DIGITS:
        return []
    exponent = full.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if "." in short.raw or "," in short.raw:
        fraction = short.raw.replace(",", ".").split(".")[-1]
        decimals = max(decimals, len(fraction))
        tail = short.digits + "0" * (decimals - len(fraction))
    else:
        tail = short.digits
    whole = str(int(full.scaleb(decimals)))
    if full_digits.startswith("0"):
        whole = whole.zfill(len(full_digits))
    if len(tail) >= len(whole):
        return []
    head = int(whole[: -len(tail)])
    size = 10 ** len(tail)
    return [
        Decimal((head + step) * size + int(tail)).scaleb(-decimals)
        for step in (0, 1, -1)
        if head + step >= 0
    ]


def decimals(numeral: Numeral) -> int:
    """How many digits are written behind the decimal mark."""
    exponent = numeral.value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
