"""Settings of a channel as a user sends them -> as they are kept, or a problem that names each field."""

from __future__ import annotations

import msgspec

from signalos.parser import Languages
from signalos.parser.profile_check import ProfileError, checked
from signalos.parser.profile_document import profile_of
from signalos.protocol import providers as wire
from signalos.server.problems import Problem


def checked_settings(body: wire.ProviderSettings, languages: Languages) -> wire.ProviderSettings:
    """``body`` with canonical symbols, each word once. Raises Problem invalid."""
    name = None if body.name is None else body.name.strip()
    if name == "":
        raise wrong("name", "is blank")
    try:
        profile = checked(profile_of(body), languages)
    except ProfileError as why:
        errors = [{"field": _camel(fault.place), "message": fault.text} for fault in why.faults]
        text = "; ".join(f"{error['field']}: {error['message']}" for error in errors)
        raise Problem("invalid", text, errors=errors) from None
    return msgspec.structs.replace(
        body,
        name=name,
        default_symbol=profile.default_symbol,
        ignore_words=list(profile.ignore_words),
        words={role: list(phrases) for role, phrases in profile.words.items()},
        symbols=dict(profile.symbols),
        price_style=body.price_style,
        pip_sizes=dict(profile.pip_sizes),
    )


def wrong(field: str, message: str) -> Problem:
    """A problem with one field of what was sent."""
    return Problem("invalid", f"{field}: {message}", errors=[{"field": field, "message": message}])


def _camel(place: str) -> str:
    """The wire's name of a field: ``pip_sizes`` is ``pipSizes``; a role behind a dot stays as it is."""
    field, dot, rest = place.partition(".")
    first, *others = field.split("_")
    return first + "".join(word.capitalize() for word in others) + dot + rest
