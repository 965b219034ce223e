"""Small logs that people open by hand: each a JSON array in one file, whole after any crash."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from signalos.desktop.secure_file_handler import SecureFileHandler
from signalos.domain.errors import NotAllowed
from signalos.kit.clock import Clock
from signalos.kit.log import without_secrets

log = logging.getLogger(__name__)

RETRY_LOG = "retry_log.json"
RR_CONVERTER_LOG = "rr_converter_log.json"
CONFLICT_LOG = "conflict_log.json"
LOGS = (RETRY_LOG, RR_CONVERTER_LOG, CONFLICT_LOG)


class JsonLog:
    """The newest ``limit`` entries of one log, written through at each ``add``.

    The whole file is replaced each time, so that a reader always finds complete JSON: meant for rare
    events. A full file moves to ``<name>.1`` and a new one begins. Secrets are removed from entries.
    """

    def __init__(self, handler: SecureFileHandler, name: str, clock: Clock, limit: int = 1000) -> None:
        self._handler = handler
        self._name = name
        self._clock = clock
        self._limit = limit
        self._entries = self._stored()

    def add(self, entry: dict[str, Any]) -> None:
        """Append ``entry`` with its time as ``at``. A full disk is logged and never stops trading."""
        at = self._clock.now().isoformat()
        if len(self._entries) >= self._limit:
            kept = self._write(f"{self._name}.1", self._entries)
            self._entries = [] if kept else self._entries[1:]
        self._entries.append(without_secrets({"at": at, **entry}))
        self._write(self._name, self._entries)

    def entries(self) -> list[dict[str, Any]]:
        """What the file holds, oldest first."""
        return list(self._entries)

    def _write(self, name: str, entries: list[dict[str, Any]]) -> bool:
        try:
            self._handler.safe_write(name, msgspec.json.encode(entries, enc_hook=str))
        except (OSError, NotAllowed):
            log.exception("%s could not be written: free some disk space", name)
            return False
        return True

    def _stored(self) -> list[dict[str, Any]]:
        try:
            data = self._handler.safe_read(self._name)
        except FileNotFoundError:
            return []
        try:
            return msgspec.json.decode(data, type=list[dict[str, Any]])
        except msgspec.DecodeError as why:
            log.warning(
                "%s was changed by hand and cannot be read (%s): it is kept as .broken", self._name, why
            )
            self._handler.safe_write(f"{self._name}.broken", data)
            return []
