"""One data file a language, the symbol table, and how they are read from the package."""

from __future__ import annotations

from importlib.resources import files

from signalos.parser.vocabulary import Languages, build_languages

_SYMBOLS = "symbols.toml"


def load_languages() -> Languages:
    """Read every language file of this package. Called once, at a composition root.

    Raises LanguageError if a file is not usable.
    """
    contents = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".toml")
    }
    symbols = contents.pop(_SYMBOLS)
    return build_languages(contents, symbols)
