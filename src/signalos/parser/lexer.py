"""Plain text -> tokens. One pass, one pattern: linear in the length of the text."""

from __future__ import annotations

import re
from typing import ClassVar

from signalos.parser.normalise import INDEX_BASE, INDEX_LIMIT, Normalised

MAX_TOKENS = 1000
"""Words, numbers and marks of a message; the 4,096 characters that Telegram allows are about 900 in prose."""


class Kind:
    """What a token is made of: one of the constants.

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


class Token:
    """A piece of the text. ``start`` and ``end`` are offsets in the folded text.

    ``glued`` is true if nothing stands between it and the token before it on the same line.
    """

    __slots__ = ("end", "glued", "kind", "start", "text")

    def __init__(self, kind: Kind, text: str, start: int, end: int, glued: bool) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end
        self.glued = glued

    def __repr__(self) -> str:
        return f"{self.kind.name}({self.text!r})"


_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# Fixed words with a stroke or dots inside; a digit may follow ("t/p1").
_STROKED = r"(?:s/l|t/p|b/e|n/a|p/l|r/r|r:r|s\.l\.?|t\.p\.?)(?![^\W\d_])"
CJK = re.compile(f"[{_CJK}]")
"""A character that is a token of its own."""
_KINDS = (Kind.BREAK, Kind.LINK, Kind.MENTION, Kind.WORD, Kind.WORD, Kind.WORD, Kind.NUMBER, Kind.INDEX, Kind.PUNCT,
          Kind.PUNCT, Kind.EMOJI)  # fmt: skip
_STROKED_GROUP, _INDEX_GROUP, _DOTS_GROUP = 4, 8, 9
_PATTERN = re.compile(
    r"[ \u00a0]*+(?:"
    r"(\n)"
    r"|((?:https?://|www\.|t\.me/|discord\.gg/|bit\.ly/|wa\.me/)[^\s]*)"
    r"|(@[^\W\d_]\w{2,})"
    rf"|({_STROKED})"
    rf"|([{_CJK}])"
    rf"|([^\W\d_{_CJK}]+(?:'[^\W\d_{_CJK}]+)*)"
    r"|([0-9]+(?:[.,'][0-9]+)*(?:k(?![^\W_]))?|(?<![^\s@:=(])\.[0-9]{3,}(?![.,'][0-9]|\w))"
    rf"|([{chr(INDEX_BASE)}-{chr(INDEX_BASE + INDEX_LIMIT)}])"
    r"|(\.{2,})"
    r"|([!-/:-@\[-`{-~。、؟«»“”„…·•×÷¿¡№|‖¦→←➔➜➝➞➡⇒⟶▶►▸▪◾◽■□●○◆◇★☆✦–—−≈≤≥±°§])"
    r"|(.)"
    r")",
    re.DOTALL,
)
"""One group a kind of ``_KINDS``, in its order, behind any spaces."""
_SPACED_OUT = re.compile(r"(?<![a-z])[a-z][ \u00a0][a-z][ \u00a0][a-z](?![a-z])")


def lex(source: Normalised, compounds: frozenset[str] = frozenset()) -> list[Token]:
    """Split into tokens. ``compounds`` are words with digits that stay whole (``us30``, ``h4``).

    Stops behind MAX_TOKENS: a text with more of them is a table or an attack, which the caller refuses.
    """
    tokens: list[Token] = []
    add = tokens.append
    before = -1
    text = source.text.rstrip(" \u00a0")  # spaces that nothing follows would be tried from each of them
    for match in _PATTERN.finditer(text):
        group = match.lastindex or len(_KINDS)
        kind = _KINDS[group - 1]
        piece = match[group]
        start, end = match.span(group)
        glued = start == before
        if kind is Kind.NUMBER:
            if glued and tokens[-1].kind is Kind.WORD:
                last = tokens[-1]
                joined = last.text + piece
                if joined in compounds:
                    tokens[-1] = Token(Kind.WORD, joined, last.start, end, last.glued)
                    before = end
                    continue
        elif group == _INDEX_GROUP:
            piece = str(ord(piece) - INDEX_BASE)
        elif group == _DOTS_GROUP:
            piece = "…"
        elif group == _STROKED_GROUP:
            piece = piece.replace("/", "").replace(".", "").replace(":", "")
        if len(tokens) > MAX_TOKENS:
            break
        add(Token(kind, piece, start, end, glued))
        before = -1 if kind is Kind.BREAK else end
    return _join_spaced_letters(tokens) if _SPACED_OUT.search(text) else tokens


def _join_spaced_letters(tokens: list[Token]) -> list[Token]:
    """Read "B U Y" as one word: three or more single letters with one space between each."""
    result: list[Token] = []
    run: list[Token] = []
    for token in tokens:
        single = token.kind is Kind.WORD and token.end - token.start == 1 and token.text.isascii()
        if single and (not run or token.start == run[-1].end + 1):
            run.append(token)
            continue
        _flush(run, result)
        run = [token] if single else []
        if not single:
            result.append(token)
    _flush(run, result)
    return result


def _flush(run: list[Token], result: list[Token]) -> None:
    if len(run) >= 3:
        word = "".join(token.text for token in run)
        result.append(Token(Kind.WORD, word, run[0].start, run[-1].end, run[0].glued))
    else:
        result.extend(run)
