"""The short code that a user reads off one screen and types into another."""

from __future__ import annotations

import hashlib

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Letters that nobody takes for another one; without vowels they make no words (RFC 8628, 6.1)."""
LETTERS = 8
LONGEST = 40


def code_of(secret: str) -> str:
    """The code that an unguessable ``secret`` stands for: 20**8 different ones, equally likely."""
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest())
    letters = ""
    for _ in range(LETTERS):
        number, letter = divmod(number, len(ALPHABET))
        letters += ALPHABET[letter]
    return letters


def shown(code: str) -> str:
    """A code as people read it: WDJB-MJHT."""
    return f"{code[:4]}-{code[4:]}"


def typed(text: str) -> str | None:
    """The code that a person typed, in any case, with or without hyphen and spaces; None if it is none."""
    letters = "".join(text[:LONGEST].upper().replace("-", " ").split())
    return letters if len(letters) == LETTERS and all(x in ALPHABET for x in letters) else None
