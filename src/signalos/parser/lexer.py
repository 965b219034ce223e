"""Plain text -> terms that mean nothing yet. One pass, one pattern: linear in the length of the text."""

from __future__ import annotations

import re

from signalos.parser import kinds
from signalos.parser.normalise import INDEX_BASE, INDEX_LIMIT, Normalised
from signalos.parser.term import Term

MAX_TOKENS = 1000
"""Words, numbers and marks of a message; the 4,096 characters that Telegram allows are about 900 in prose."""


_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# Fixed words with a stroke or dots inside; a digit may follow ("t/p1").
_STROKED = r"(?:s/l|t/p|b/e|n/a|p/l|r/r|r:r|s\.l\.?|t\.p\.?)(?![^\W\d_])"
CJK = re.compile(f"[{_CJK}]")
"""A character that is a term of its own."""
_KINDS = (
    kinds.BREAK, kinds.LINK, kinds.MENTION, kinds.WORD, kinds.WORD, kinds.WORD, kinds.NUMBER, kinds.INDEX,
    kinds.PUNCT, kinds.PUNCT, kinds.EMOJI,
)  # fmt: skip
_BREAK_GROUP, _STROKED_GROUP, _WORD_GROUP, _NUMBER_GROUP, _INDEX_GROUP, _DOTS_GROUP = 1, 4, 6, 7, 8, 9
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


def lex(source: Normalised, compounds: frozenset[str] = frozenset()) -> list[Term]:
    """Split into tokens. ``compounds`` are words with digits that stay whole (``us30``, ``h4``).

    Stops behind MAX_TOKENS: a text with more of them is a table or an attack, which the caller refuses.
    """
    terms: list[Term] = []
    add = terms.append
    before = -1
    line = 0
    text = source.text.rstrip(" \u00a0")  # spaces that nothing follows would be tried from each of them
    for match in _PATTERN.finditer(text):
        if len(terms) > MAX_TOKENS:
            break
        group = match.lastindex or len(_KINDS)
        piece = match[group]
        start, end = match.span(group)
        glued = start == before
        before = end
        if group == _WORD_GROUP:  # most pieces
            add(Term(kinds.WORD, piece, start, end, glued, line))
            continue
        if group == _NUMBER_GROUP:
            if glued and terms[-1].kind is kinds.WORD and terms[-1].text + piece in compounds:
                terms[-1].text += piece
                terms[-1].end = end
                continue
        elif group == _BREAK_GROUP:
            before = -1
            glued = False
            line += 1
        elif group == _INDEX_GROUP:
            piece = str(ord(piece) - INDEX_BASE)
        elif group == _DOTS_GROUP:
            piece = "…"
        elif group == _STROKED_GROUP:
            piece = piece.replace("/", "").replace(".", "").replace(":", "")
        add(Term(_KINDS[group - 1], piece, start, end, glued, line))
    return _join_spaced_letters(terms) if _SPACED_OUT.search(text) else terms


def _join_spaced_letters(terms: list[Term]) -> list[Term]:
    """Read "B U Y" as one word: three or more single letters with one space between each."""
    result: list[Term] = []
    run: list[Term] = []
    for term in terms:
        single = term.kind is kinds.WORD and term.end - term.start == 1 and term.text.isascii()
        if single and (not run or term.start == run[-1].end + 1):
            run.append(term)
            continue
        _flush(run, result)
        run = [term] if single else []
        if not single:
            result.append(term)
    _flush(run, result)
    return result


def _flush(run: list[Term], result: list[Term]) -> None:
    if len(run) >= 3:
        word = "".join(term.text for term in run)
        result.append(Term(kinds.WORD, word, run[0].start, run[-1].end, run[0].glued, run[0].line))
    else:
        result.extend(run)
