"""Picks what carries our tags out of a terminal's rows; many tags at once, each row looked at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from signalos.domain.order import TAG_LENGTH, is_tag

Row: TypeAlias = Any
"""As the module gives it: a dict, or an object with the fields as attributes. Thousands are looked at here and few
are picked, so only these are worth making plain."""

SHORT_TAG = 8
"""A broker may cut a comment; a shorter rest than this could belong to anybody."""


class TaggedRows:
    """The rows of one reading, by what their comments begin with."""

    def __init__(
        self, positions: Sequence[Row], orders: Sequence[Row], past: Sequence[Row], deals: Sequence[Row]
    ) -> None:
        self._positions = _Comments(positions)
        self._orders = _Comments(orders)
        self._past = _Comments(past)
        self._deals = _Comments(deals)
        self._held = _by(positions, lambda row: peek(row, "identifier"))
        self._traded = _by(deals, lambda row: peek(row, "position_id"))

    def of(self, tag: str, magic: int) -> dict[str, list[Row]]:
        """The positions, orders and deals of ``tag``.

        A cut comment counts when ``magic`` agrees. Positions and deals are also found through the
        position id of a past order or deal with the tag, since brokers overwrite comments.
        """
        found = [*self._deals.carrying(tag, magic), *self._past.carrying(tag, magic)]
        identifiers = {i: None for row in found if (i := peek(row, "position_id"))}
        identifiers |= {peek(row, "identifier"): None for row in self._positions.carrying(tag, magic)}
        return {
            "positions": [row for i in identifiers for row in self._held.get(i, ())],
            "orders": self._orders.carrying(tag, magic),
            "deals": [row for i in identifiers for row in self._traded.get(i, ())],
        }


class _Comments:
    """Rows by the beginning of their comment, in the order in which they came."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._whole: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            comment = str(peek(row, "comment"))
            if len(comment) >= SHORT_TAG:
                self._whole[comment[:SHORT_TAG]].append(row)

    def carrying(self, tag: str, magic: int) -> list[Row]:
        return [row for row in self._whole.get(tag[:SHORT_TAG], ()) if _carries(row, tag, magic)]


def _carries(row: Row, tag: str, magic: int) -> bool:
    return carries(str(peek(row, "comment")), str(peek(row, "magic")), tag, magic)


def carries(comment: str, its_magic: str, tag: str, magic: int) -> bool:
    """True for a comment that begins with ``tag``, or for a cut one where the magic number agrees."""
    cut = len(comment) >= SHORT_TAG and tag.startswith(comment) and its_magic == str(magic)
    return comment.startswith(tag) or cut


def tagged(comment: str) -> bool:
    """True for a tag of ours, or for what may be one that a broker cut."""
    cut = SHORT_TAG <= len(comment) < TAG_LENGTH
    return is_tag(comment) or (cut and is_tag(comment.ljust(TAG_LENGTH, "A")))


def peek(row: Row, name: str) -> Any:
    """One field of a row."""
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _by(rows: Iterable[Row], key: Callable[[Row], int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
