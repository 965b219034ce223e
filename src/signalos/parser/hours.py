"""Hours at which something is to be done: what is said for later is not done now."""

from __future__ import annotations

from signalos.parser import roles as role
from signalos.parser.term import Term


def at_an_hour(terms: list[Term]) -> bool:
    """True for "at 18:30 we close": it is to be done then, and whoever means now says so then."""
    if any(t.roles & (role.NOW | role.UNTIL) for t in terms):
        return False
    first = next(
        (i for i, t in enumerate(terms) if t.numeral is not None and t.numeral.unit == "time"), None
    )
    if first is None:
        return False
    before = terms[first - 1] if first else None
    return before is None or bool(before.roles & (role.AT | role.TO | role.TIMEFRAME))
