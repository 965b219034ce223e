"""Words of a channel's own that make a message not worth reading."""

from __future__ import annotations

import re
from collections.abc import Iterable

from signalos.parser.normalise import normalise


class IgnoredWords:
    """Words and phrases of which one is enough: whole words, in any case and lettering."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = tuple(words)
        self._patterns = [(word, _pattern(word)) for word in self.words if _folded(word)]

    def found_in(self, text: str) -> str | None:
        """The first of the words that ``text`` holds, as the user wrote it; None where it holds none."""
        if not self._patterns:
            return None
        folded = _folded(text)
        return next((word for word, pattern in self._patterns if pattern.search(folded)), None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IgnoredWords) and other.words == self.words

    def __hash__(self) -> int:
        return hash(self.words)


def _folded(text: str) -> str:
    return normalise(text).text.strip()


def _pattern(word: str) -> re.Pattern[str]:
    phrase = r"\s+".join(re.escape(part) for part in _folded(word).split())
    return re.compile(rf"(?<!\w){phrase}(?!\w)")
