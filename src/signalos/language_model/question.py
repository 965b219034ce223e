"""Which messages a language model is asked about: few, and never one that the rules understood."""

from __future__ import annotations

from signalos.domain.message import Message
from signalos.domain.signal import Reading
from signalos.language_model.seen import look
from signalos.parser.vocabulary import Languages

COULD_NOT_READ = frozenset(
    ("talk", "no_side", "no_symbol", "unclear_levels", "unknown_symbol", "unreadable")
)
"""Reasons that say "not understood". A question, a condition, a result or a quote was understood: no order."""

_SIGNAL_LIKE = 3
"""Prices that make a message without any known word look like a signal: entry, stop, target."""


def may_be_asked(message: Message, reading: Reading) -> bool:
    """Tell whether ``message``, read by the rules as ``reading``, is of the kind that is asked about."""
    return (
        not reading.actions
        and reading.reason in COULD_NOT_READ
        and message.version == 1
        and message.sender != "member"
        and not (message.deleted or message.forwarded or message.again_part is not None or message.read_by)
    )


def symbols_in_question(text: str, languages: Languages, default_symbol: str | None) -> tuple[str, ...]:
    """The symbols that an order of ``text`` can be about; () if it is not worth asking.

    That takes a price and a named symbol, or the channel's default symbol and a side or three prices.
    """
    seen = look(text, languages, default_symbol)
    if not seen.numbers:
        return ()
    if seen.symbols:
        return tuple(sorted(seen.symbols))
    if default_symbol and (seen.sides or seen.numbers >= _SIGNAL_LIKE):
        return (default_symbol,)
    return ()
