"""What a piece of a message is made of: a word, a number, a mark."""

from __future__ import annotations

from typing import ClassVar


class Kind:
    """What a term is made of: one of the constants.

    They are asked for at every step; members of an Enum would take nine times as long to look up.
    """

    __slots__ = ("name",)

    WORD: ClassVar[Kind]
    NUMBER: ClassVar[Kind]
    PUNCT: ClassVar[Kind]
    EMOJI: ClassVar[Kind]
    BREAK: ClassVar[Kind]
    LINK: ClassVar[Kind]
    MENTION: ClassVar[Kind]
    INDEX: ClassVar[Kind]

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


for _name in ("WORD", "NUMBER", "PUNCT", "EMOJI", "BREAK", "LINK", "MENTION", "INDEX"):
    setattr(Kind, _name, Kind(_name))
