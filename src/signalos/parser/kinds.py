"""What a piece of a message is made of: a word, a number, a mark.

They are asked for at every step, as ``kinds.WORD``; members of an Enum would take nine times as long to look up.
"""

from __future__ import annotations


class Kind:
    """One of the constants below."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


WORD = Kind("WORD")
NUMBER = Kind("NUMBER")
PUNCT = Kind("PUNCT")
EMOJI = Kind("EMOJI")
BREAK = Kind("BREAK")
LINK = Kind("LINK")
MENTION = Kind("MENTION")
INDEX = Kind("INDEX")
