"""Chats read by a Telegram account of the user's own (Telethon)."""

from signalos.sources.telegram.settings import TelegramSettings
from signalos.sources.telegram.source import build

__all__ = ["TelegramSettings", "build"]
