"""A channel's way of writing numbers: which of an ambiguous numeral's readings it means."""

from __future__ import annotations

from signalos.parser.term import Term

_DECIMAL = {"decimal_point": ".", "decimal_comma": ","}


def settle(terms: list[Term], style: str) -> None:
    """Leave each numeral of ``terms`` the one reading that ``style`` says; what is clear stays as it is.

    With ``decimal_comma``, 58,900 is 58.9 and 58.900 is 58900; with ``decimal_point`` the other way.
    """
    mark = _DECIMAL.get(style)
    if mark is None:
        return
    for term in terms:
        numeral = term.numeral
        if numeral is None or len(numeral.readings) < 2:
            continue
        # Two readings: the smaller has decimals, the larger takes the mark for one of thousands.
        pick = min if mark in numeral.raw else max
        term.numeral = numeral.with_readings((pick(numeral.readings),))
