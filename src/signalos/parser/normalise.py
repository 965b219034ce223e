"""Text as written -> text as meant: fonts, digits, separators and spaces, with the way back.

Channels write in decorated letters, full-width or Arabic digits and with invisible characters.
Everything after this module sees plain lower-case text; ``origin`` leads each of its characters
back to the code point of the message it came from, so that spans are always those of the original.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

INDEX_BASE = 0xE000
"""Keycaps, circled and raised digits become one private character: number n is chr(INDEX_BASE + n)."""
INDEX_LIMIT = 100

_SMALL_CAPS = dict(
    zip(
        "ᴀʙᴄᴅᴇꜰғɢʜɪᴊᴋʟᴍɴᴏᴘǫꞯʀꜱᴛᴜᴠᴡʏᴢ",
        "abcdeffghijklmnopqqrstuvwyz",
        strict=True,
    )
)
_SPECIAL: dict[str, str] = {
    "٫": ".",
    "٬": "'",
    "،": "、",
    "，": "、",
    "．": ".",
    "。": "。",
    "؟": "?",
    "؛": ";",
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "`": "'",
    "´": "'",
    "−": "-",
    "﹣": "-",
    "⁄": "/",
    "∕": "/",
    "〜": "~",
    "～": "~",
    "ı": "i",
    "İ": "i",
    "ی": "ي",
    "ى": "ي",
    "ک": "ك",
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ة": "ه",
    "ـ": "",
    "\u00a0": "\u00a0",
    "\u2007": "\u00a0",
    "\u2009": "\u00a0",
    "\u202f": "\u00a0",
    "\t": " ",
    "\n": "\n",
    "\r": "\n",
    "\x0b": "\n",
    "\x0c": "\n",
    "\x85": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
    **_SMALL_CAPS,
}
_CACHE_LIMIT = 8192
_CODE_MARK = re.compile(r"(?<![^\W\d_])`|`(?![^\W\d_])")
"""Marks of code around a value; between letters the same sign is an apostrophe."""
_KEYCAP = "\u20e3"
_JOINING = re.compile(
    "[\u20e3\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0e31\u0e34-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\u3099\u309a"
    "\ufe20-\ufe2f]"
)
_AS_WRITTEN = re.compile(
    "[\n -_a-~\u00bf-\u012f\u014a-\u017e\u0180-\u01c3\u03a3-\u03cf\u03fa-\u0482\u0494-\u052f"
    "\u0620\u0621\u0626-\u0628\u062a-\u063f\u0641-\u0648\u064a\u0904-\u0939"
    "\u1e00-\u1e99\u1ea0-\u1eff\u2190-\u2211\u2500-\u2775\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fff"
    "\U0001f300-\U0001f51e\U0001f520-\U0001f64f]*+"
)
"""Characters that fold to themselves, of which most texts consist, none that joins the one before it."""


class Normalised:
    """Folded ``text``; ``cased`` is the same before lower-casing; ``origin[i]`` the code point of text[i].

    ``origin`` has one entry more than ``text``: the length of the original.
    """

    __slots__ = ("cased", "origin", "text")

    def __init__(self, text: str, cased: str, origin: list[int] | range) -> None:
        self.text = text
        self.cased = cased
        self.origin = origin

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Original code-point offsets [start, end) of text[start:end] (not empty)."""
        return self.origin[start], self.origin[end - 1] + 1


def _fold(char: str) -> str:
    """Plain form of one character, case kept; "" drops it."""
    special = _SPECIAL.get(char)
    if special is not None:
        return special
    code = ord(char)
    if 0x2460 <= code <= 0x2473:  # circled 1-20
        return chr(INDEX_BASE + code - 0x245F)
    if 0x2776 <= code <= 0x2793:  # dingbat circled 1-10, three styles
        return chr(INDEX_BASE + (code - 0x2776) % 10 + 1)
    if code == 0x1F51F:
        return chr(INDEX_BASE + 10)
    for base in (0x1F150, 0x1F170):  # white letters on black circles and squares
        if base <= code < base + 26:
            return chr(ord("A") + code - base)
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "No":
        value = unicodedata.digit(char, None)
        if value is not None:  # raised or lowered digit: the number of a target, never a price
            return chr(INDEX_BASE + value)
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    if category in ("Cf", "Cs", "Co", "Cn", "Me") or 0xFE00 <= code <= 0xFE0F:
        return ""
    if category == "Cc":
        return " "
    plain = unicodedata.normalize("NFKC", char)
    return "".join(_SPECIAL.get(c, c) for c in plain)


class _Folds(dict[str, str]):
    """Characters folded so far. Bounded: what comes after the limit is folded anew each time."""

    def __missing__(self, char: str) -> str:
        folded = _fold(char)
        if len(self) < _CACHE_LIMIT:
            self[char] = folded
        return folded


_folds = _Folds()


def normalise(text: str) -> Normalised:
    """Fold ``text``. Linear in its length; never raises."""
    if "\r" in text:
        text = text.replace("\r\n", " \n")  # one line break, and every character stays in its place
    if "`" in text:
        text = _CODE_MARK.sub(" ", text)
    if text.isascii():
        cased = text.translate(_ASCII)
        return Normalised(cased.lower(), cased, range(len(cased) + 1))
    if _AS_WRITTEN.fullmatch(text):
        return Normalised(text.lower(), text, range(len(text) + 1))
    if _JOINING.search(text):
        return _normalise_joining(text)
    parts = [_folds[char] for char in text]
    cased = "".join(parts)
    origin: list[int] | range = range(len(text) + 1)
    if len(cased) != len(text) or "" in parts:
        origin = [place for place, part in enumerate(parts) for _ in part]
        origin.append(len(text))
    return Normalised(_lower(cased), cased, origin)


def _lower(cased: str) -> str:
    """Lower case of the same length."""
    lower = cased.lower()
    if len(lower) == len(cased):
        return lower
    return "".join(low if len(low := char.lower()) == 1 else low[:1] or char for char in cased)


def _normalise_joining(text: str) -> Normalised:
    """The slower way for texts with keycaps and combining marks, which join what stands before them."""
    parts: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        if char == _KEYCAP:  # the frame: the digit before it is an ornament
            if parts and parts[-1].isdecimal():
                parts[-1] = chr(INDEX_BASE + int(parts[-1]))
            continue
        if parts and unicodedata.combining(char):
            _combine(parts, char)
            continue
        for one in _folds[char]:
            parts.append(one)
            origin.append(place)
    origin.append(len(text))
    cased = "".join(parts)
    return Normalised(_lower(cased), cased, origin)


def _combine(parts: list[str], mark: str) -> None:
    """Join a combining mark to the letter before it where Unicode has the joined letter, else drop it."""
    joined = unicodedata.normalize("NFC", parts[-1] + mark)
    if len(joined) == 1:
        folded = _SPECIAL.get(joined, joined)
        if len(folded) == 1:
            parts[-1] = folded


_ASCII = {code: " " for code in range(32) if code not in (10,)}
_ASCII[13] = "\n"
_ASCII[11] = "\n"
_ASCII[12] = "\n"
_ASCII[127] = " "
_ASCII[ord("`")] = "'"


_STROKED_LETTERS = str.maketrans("đłøħŧ", "dloht")
"""Letters whose stroke Unicode does not take apart from them."""


def plain(word: str) -> str:
    """Return ``word`` without accents (``ação`` -> ``acao``)."""
    return word if word.isascii() else _plain(word)


@lru_cache(maxsize=1 << 15)
def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.translate(_STROKED_LETTERS))
    return "".join(c for c in apart if not unicodedata.combining(c))
