"""One data file a language, the symbol table, and how they are read from the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from signalos.parser.building import build_languages
from signalos.parser.vocabulary import Languages

_SYMBOLS = "symbols.toml"


@cache
def load_languages() -> Languages:
    """Read every language file of this package. Called at a composition root; what it gives is read only and shared.

    Raises LanguageError if a file is not usable.
    """
    contents = {
        path.name: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.toml")
    }
    symbols = contents.pop(_SYMBOLS)
    return build_languages(contents, symbols)
