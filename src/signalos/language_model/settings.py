"""The block ``language_model`` of ``config.json``."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

KEY_VARIABLE = "SIGNALOS_LANGUAGE_MODEL_KEY"
LONGEST_TIMEOUT = 30


class LanguageModelSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which endpoint is asked, and whether. ``base_url`` is what comes before ``/chat/completions``.

    ``timeout_seconds`` is for the whole answer. The endpoint's key is no setting: it comes from the
    environment or the secret store.
    """

    enabled: bool = False
    base_url: str | None = None
    model: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,99}$")] | None = None
    timeout_seconds: Annotated[float, Meta(gt=0, le=LONGEST_TIMEOUT)] = 5.0
