"""A profile as a JSON document: what ``signalos parse --learn`` writes and a channel's settings take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from signalos.parser.profile import Profile
from signalos.parser.profile_check import Fault, ProfileError

FIELDS = ("default_symbol", "ignore_words", "words", "symbols", "price_style", "pip_sizes")


def to_document(profile: Profile) -> dict[str, Any]:
    """The document of ``profile``; what is as by default is left out."""
    whole: dict[str, Any] = {
        "default_symbol": profile.default_symbol,
        "ignore_words": list(profile.ignore_words),
        "words": {role: list(phrases) for role, phrases in profile.words.items()},
        "symbols": dict(profile.symbols),
        "price_style": "" if profile.price_style == "auto" else profile.price_style,
        "pip_sizes": {symbol: float(size) for symbol, size in profile.pip_sizes.items()},
    }
    return {name: value for name, value in whole.items() if value}


class Settings(Protocol):
    """What a channel's settings say about its writing, wherever they stand: file, wire, or server."""

    @property
    def default_symbol(self) -> str | None: ...
    @property
    def ignore_words(self) -> Sequence[str]: ...
    @property
    def words(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def symbols(self) -> Mapping[str, str]: ...
    @property
    def price_style(self) -> str: ...
    @property
    def pip_sizes(self) -> Mapping[str, Decimal]: ...


def profile_of(settings: Settings) -> Profile:
    """The profile that a channel's settings make, not yet checked."""
    return Profile(
        default_symbol=settings.default_symbol,
        ignore_words=tuple(settings.ignore_words),
        words={role: tuple(phrases) for role, phrases in settings.words.items()},
        symbols=dict(settings.symbols),
        price_style=settings.price_style,
        pip_sizes=dict(settings.pip_sizes),
    )


def from_document(document: object) -> Profile:
    """The profile of a decoded JSON value, not yet checked. Raises ProfileError for a wrong shape."""
    if not isinstance(document, dict):
        raise _wrong("profile", 'must be an object, as {"words": {"tp": ["goal"]}}')
    for name in document:
        if name not in FIELDS:
            raise _wrong(str(name), f"is no part of a profile. Use {', '.join(FIELDS)}.")
    symbol = document.get("default_symbol")
    if symbol is not None and not isinstance(symbol, str):
        raise _wrong("default_symbol", "must be text")
    style = document.get("price_style") or "auto"
    return Profile(
        default_symbol=symbol,
        ignore_words=_texts(document.get("ignore_words") or [], "ignore_words"),
        words={
            role: _texts(phrases, f"words.{role}") for role, phrases in _object(document, "words").items()
        },
        symbols={
            name: _text(value, f"symbols.{name}") for name, value in _object(document, "symbols").items()
        },
        price_style=_text(style, "price_style"),
        pip_sizes={
            name: _number(value, f"pip_sizes.{name}")
            for name, value in _object(document, "pip_sizes").items()
        },
    )


def _object(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name) or {}
    if not isinstance(value, dict):
        raise _wrong(name, "must be an object {...}")
    return value


def _texts(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(place, "must be a list of words [...]")
    return tuple(_text(item, place) for item in value)


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(place, f"must be text, not {value!r}")
    return value


def _number(value: object, place: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _wrong(place, f"must be a number, not {value!r}")
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise _wrong(place, f"must be a number, not {value!r}") from None


def _wrong(place: str, text: str) -> ProfileError:
    return ProfileError([Fault(place, text)])
