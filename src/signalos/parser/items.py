"""The parts of an order as the level reader finds them, and the marks that stand around them."""

from __future__ import annotations

from dataclasses import dataclass, field

from signalos.parser import roles as role
from signalos.parser.term import Term

BULLETS = frozenset("•·▪◾◽■□●○◆◇★☆✦")
SEPARATORS = frozenset(":=@-.!'\">→…|‖¦#([*~_+»➔➜➝➞➡⇒⟶▶►▸/‣≈") | {"–", "—", "&"} | BULLETS
LIST_MARKS = frozenset("…,/-&|‖¦~+、_;→➡➔➜➝➞⇒⟶>") | BULLETS
RANGE_MARKS = frozenset("-/_~&")
CURRENCY = frozenset("$€£¥")
LABEL_ROLES = role.LABEL
SKIPPED = role.of("at to approx from zone between price above below")
STOPPING = role.of("buy sell sl tp limit stop")
MAX_ITEMS = 120
"""Parts of orders in one message; more is a table or an attack, never a signal."""
MAX_INDEX = 20


@dataclass(slots=True)
class Item:
    """One part of an order in reading order.

    ``kind``: symbol | side | limit | stop | pending | now | entry | sl | tp | price. ``values`` are number
    terms; ``index`` the target's number; ``label`` the term that names it; ``ranged`` says that the
    values were written as a range; ``bare`` that they stand on a line of their own.
    """

    kind: str
    label: Term
    values: list[Term] = field(default_factory=list)
    index: int | None = None
    open_target: bool = False
    ranged: bool = False
    bare: bool = False
    beyond: str = ""
    cut: bool = False
    result: bool = False
    extra: bool = False
    signed: bool = False
    apart: bool = False

    @property
    def line(self) -> int:
        return self.label.line
