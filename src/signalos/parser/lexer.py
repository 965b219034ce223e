"""Plain text -> tokens. One pass, one pattern: linear in the length of the text."""

from __future__ import annotations

import re
from enum import IntEnum

from signalos.parser.normalise import INDEX_BASE, INDEX_LIMIT, Normalised

MAX_TOKENS = 1500
"""Words, numbers and marks of a message; 4,096 characters of prose are about 900."""


class Kind(IntEnum):
    """What a token is made of."""

    WORD = 1
    NUMBER = 2
    PUNCT = 3
    EMOJI = 4
    BREAK = 5
    LINK = 6
    MENTION = 7
    INDEX = 8


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
_PATTERN = re.compile(
    r"(?P<BREAK>\n)"
    r"|(?P<SPACE>[ \u00a0]+)"
    r"|(?P<LINK>(?:https?://|www\.|t\.me/|discord\.gg/|bit\.ly/|wa\.me/)[^\s]*)"
    r"|(?P<MENTION>@[^\W\d_]\w{2,})"
    rf"|(?P<STROKED>{_STROKED})"
    rf"|(?P<CJK>[{_CJK}])"
    rf"|(?P<WORD>(?:(?![{_CJK}])[^\W\d_])+(?:'(?:(?![{_CJK}])[^\W\d_])+)*)"
    r"|(?P<NUMBER>[0-9]+(?:[.,'][0-9]+)*(?:k(?![^\W_]))?)"
    rf"|(?P<INDEX>[{chr(INDEX_BASE)}-{chr(INDEX_BASE + INDEX_LIMIT)}])"
    r"|(?P<DOTS>\.{2,})"
    r"|(?P<PUNCT>[!-/:-@\[-`{-~。、؟«»“”„…·•×÷¿¡№|‖¦→←➔➜➝➞➡⇒⟶▶►▸▪◾◽■□●○◆◇★☆✦–—−≈≤≥±°§])"
    r"|(?P<EMOJI>.)",
    re.DOTALL,
)
_KINDS: dict[str, Kind] = {
    "BREAK": Kind.BREAK,
    "LINK": Kind.LINK,
    "MENTION": Kind.MENTION,
    "STROKED": Kind.WORD,
    "CJK": Kind.WORD,
    "WORD": Kind.WORD,
    "NUMBER": Kind.NUMBER,
    "INDEX": Kind.INDEX,
    "DOTS": Kind.PUNCT,
    "PUNCT": Kind.PUNCT,
    "EMOJI": Kind.EMOJI,
}


def lex(source: Normalised, compounds: frozenset[str] = frozenset()) -> list[Token]:
    """Split into tokens. ``compounds`` are words with digits that stay whole (``us30``, ``h4``).

    Stops behind MAX_TOKENS: a text with more of them is a table or an attack, which the caller refuses.
    """
    tokens: list[Token] = []
    glued = False
    for match in _PATTERN.finditer(source.text):
        group = match.lastgroup or "EMOJI"
        if group == "SPACE":
            glued = False
            continue
        if len(tokens) > MAX_TOKENS:
            break
        kind = _KINDS[group]
        text = match.group()
        start, end = match.span()
        if group == "INDEX":
            text = str(ord(text) - INDEX_BASE)
        elif group == "DOTS":
            text = "…"
        elif group == "STROKED":
            text = text.replace("/", "").replace(".", "").replace(":", "")
        elif kind is Kind.NUMBER and glued and tokens[-1].kind is Kind.WORD:
            joined = tokens[-1].text + text
            if joined in compounds:
                last = tokens[-1]
                tokens[-1] = Token(Kind.WORD, joined, last.start, end, last.glued)
                continue
        tokens.append(Token(kind, text, start, end, glued))
        glued = kind is not Kind.BREAK
    return _join_spaced_letters(tokens)


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
