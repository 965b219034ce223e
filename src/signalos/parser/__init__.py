"""Reading: what a channel writes becomes actions, or nothing with a reason.

``parse`` is pure: no clock, no market, no disk. ``load_languages`` (in ``languages``) is called once at
a composition root. The way through: normalise -> lexer -> terms -> clauses and levels -> drafts ->
guards -> orders and updates -> context (targets, edits).
"""

from __future__ import annotations

from signalos.parser.building import LanguageError, build_languages
from signalos.parser.languages import load_languages
from signalos.parser.reading import parse
from signalos.parser.vocabulary import Languages

__all__ = ["LanguageError", "Languages", "build_languages", "load_languages", "parse"]
