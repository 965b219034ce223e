"""Where messages come from. ``SOURCES`` names every type that ``sources`` in config.json may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from signalos.sources import export, file, telegram, telegram_bot, webhook
from signalos.sources.base import Source, SourceParts


@dataclass(frozen=True, slots=True)
class SourceType:
    """A type of source: the shape of its entry in config.json, and how an entry becomes a source."""

    settings: type[msgspec.Struct]
    build: Callable[[Any, SourceParts], Source]


SOURCES: dict[str, SourceType] = {
    "export": SourceType(export.ExportSettings, export.build),
    "file": SourceType(file.FileSettings, file.build),
    "telegram": SourceType(telegram.TelegramSettings, telegram.build),
    "telegram_bot": SourceType(telegram_bot.TelegramBotSettings, telegram_bot.build),
    "webhook": SourceType(webhook.WebhookSettings, webhook.build),
}


def build_source(settings: Any, parts: SourceParts) -> Source:
    """Make a source from its settings. Raises ConfigError for what the user must mend."""
    return SOURCES[settings.type].build(settings, parts)
