"""The key of the language model's endpoint, and the endpoint itself: made only where the user turned it on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from signalos.domain.errors import ConfigError
from signalos.kit.secret_store import SecretStore, SecretUnreadable
from signalos.language_model.asking import LanguageModel
from signalos.language_model.settings import KEY_VARIABLE, LanguageModelSettings

_NAME = "language_model"


class ModelKeys:
    """The key of one app's folder: the environment's, else the secret store's."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._store = SecretStore.open(home / _NAME, environ)

    def read(self) -> str | None:
        """The key; None if there is none, as for a model on this machine. May block. Raises ConfigError."""
        named = self._environ.get(KEY_VARIABLE, "").strip()
        try:
            return named or self._store.read(_NAME)
        except SecretUnreadable as why:
            raise ConfigError(
                f"the language model's key cannot be read: {why}, or set {KEY_VARIABLE}"
            ) from why

    def where(self) -> str:
        """Where the key is, in words; "" if there is none. Raises ConfigError."""
        if self._environ.get(KEY_VARIABLE, "").strip():
            return f"the environment's {KEY_VARIABLE}"
        try:
            return self._store.where(_NAME)
        except SecretUnreadable as why:
            raise ConfigError(f"the language model's key cannot be looked for: {why}") from why

    def write(self, key: str) -> str:
        """Keep the key; where, in words. Raises ConfigError."""
        try:
            return self._store.write(_NAME, key)
        except SecretUnreadable as why:
            raise ConfigError(f"the language model's key cannot be kept: {why}") from why

    def forget(self) -> None:
        """Remove the key."""
        self._store.forget(_NAME)


async def build_model(settings: LanguageModelSettings, keys: ModelKeys) -> LanguageModel:
    """The model that ``settings`` name. Raises ConfigError: a package is missing, or the key cannot be read."""
    if settings.base_url is None or settings.model is None:
        raise ConfigError("language_model: `base_url` and `model` are missing")
    try:
        from signalos.language_model.openai_endpoint import OpenAiEndpoint
    except ImportError as why:
        raise ConfigError(
            f"language_model is enabled, but asking a model needs more packages ({why}): install signalos[llm], "
            "or set `enabled` to false"
        ) from None
    key = await asyncio.to_thread(keys.read)
    return OpenAiEndpoint(
        settings.base_url, settings.model, key=key, timeout_seconds=settings.timeout_seconds
    )
