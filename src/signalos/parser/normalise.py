"""Text as written -> text as meant: fonts, digits, separators and spaces, with the way back.

Channels write in decorated letters, full-width or Arabic digits and with invisible characters.
Everything after this module sees plain lower-case text; ``origin`` leads each of its characters
back to the code point of the message it came from, so that spans are always those of the original.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Normalised:
    """Folded ``text``; ``cased`` is the same before lower-casing; ``origin[i]`` the code point of text[i].

    ``origin`` has one entry more than ``text``: the length of the original.
    """

    text: str
    cased: str
    origin: list[int] | range

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


_folded: dict[str, tuple[str, str]] = {}


def _fold_both(char: str) -> tuple[str, str]:
    """(lower case, case kept), both of one length."""
    known = _folded.get(char)
    if known is None:
        cased = _fold(char)
        lower = cased.lower()
        if len(lower) != len(cased):
            lower = "".join(c.lower()[:1] or c for c in cased)
        known = (lower, cased)
        if len(_folded) < _CACHE_LIMIT:
            _folded[char] = known
    return known


def normalise(text: str) -> Normalised:
    """Fold ``text``. Linear in its length; never raises."""
    if text.isascii():
        cased = text.translate(_ASCII)
        return Normalised(cased.lower(), cased, range(len(cased) + 1))
    lower_parts: list[str] = []
    cased_parts: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        code = ord(char)
        if code == 0x20E3:  # the keycap's frame: the digit before it is an ornament
            if lower_parts and lower_parts[-1].isdecimal() and len(lower_parts[-1]) == 1:
                lower_parts[-1] = cased_parts[-1] = chr(INDEX_BASE + int(lower_parts[-1]))
            continue
        if code > 0x2FF and lower_parts and unicodedata.combining(char):
            _combine(lower_parts, cased_parts, char)
            continue
        lower, cased = _fold_both(char)
        if not lower:
            continue
        for one_lower, one_cased in zip(lower, cased, strict=True):
            lower_parts.append(one_lower)
            cased_parts.append(one_cased)
            origin.append(place)
    origin.append(len(text))
    return Normalised("".join(lower_parts), "".join(cased_parts), origin)


def _combine(lower_parts: list[str], cased_parts: list[str], mark: str) -> None:
    """Join a combining mark to the letter before it where Unicode has the joined letter, else drop it."""
    joined = unicodedata.normalize("NFC", cased_parts[-1] + mark)
    if len(joined) == 1:
        folded = _SPECIAL.get(joined, joined)
        lower = folded.lower()
        if len(folded) == 1 and len(lower) == 1:
            cased_parts[-1] = folded
            lower_parts[-1] = lower


_ASCII = {code: " " for code in range(32) if code not in (10,)}
_ASCII[13] = "\n"
_ASCII[11] = "\n"
_ASCII[12] = "\n"
_ASCII[127] = " "
_ASCII[ord("`")] = "'"


def plain(word: str) -> str:
    """Return ``word`` without accents (``ação`` -> ``acao``)."""
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
