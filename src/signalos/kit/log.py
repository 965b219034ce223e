"""Logs as JSON lines, with secrets removed before anything is written."""

from __future__ import annotations

import logging
import re
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

_SECRET_WORDS = re.compile(
    r"(^|_)pass($|_)|passw|passphrase|pwd|secret|token|authorization|cookie|api_?key|hash|session", re.I
)
HIDDEN = "[hidden]"
LEVELS = ("debug", "info", "warning", "error")
_IN_TEXT = (
    (re.compile(r"(?i:bearer)\s+[A-Za-z0-9._~+/=\-]{8,}"), HIDDEN),
    (re.compile(r"eyJ[A-Za-z0-9._\-]{8,}"), HIDDEN),
    # password=..., "token": "...", MT5_PASSWORD: ...
    (
        re.compile(
            r"(?i)((?:password|passwd|passphrase|secret|token|api_?key)[\"']?\s*[=:]\s*[\"']?)[^\s\"',&}]+"
        ),
        r"\1" + HIDDEN,
    ),
    # postgresql://user:password@host
    (re.compile(r"(\w+://[^\s:/@]+:)[^\s/@]+(?=@)"), r"\1" + HIDDEN),
)


def without_secrets(value: Any, key: str = "") -> Any:
    """Return ``value`` with everything hidden that a key names as secret or that looks like a token."""
    if key and _SECRET_WORDS.search(key):
        return HIDDEN
    if isinstance(value, dict):
        return {str(k): without_secrets(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(v) for v in value]
    if isinstance(value, str):
        for pattern, replacement in _IN_TEXT:
            value = pattern.sub(replacement, value)
    return value


class JsonLines(logging.Formatter):
    """One JSON object a record: at, level, logger, message and whatever ``extra={"data": {...}}`` holds.

    ``at`` is UTC, like every time in SignalOS.
    """

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        data = getattr(record, "data", None)
        if data:
            line["data"] = without_secrets(data)
        if record.exc_info:
            line["error"] = without_secrets(self.formatException(record.exc_info))
        return msgspec.json.encode(line, enc_hook=str).decode()


def start_log(level: str = "info", file: Path | None = None) -> None:
    """Send the log to ``file`` (appended) or to standard error. An unknown ``level`` counts as info."""
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    known = level.strip().lower() in LEVELS
    root.setLevel(level.strip().upper() if known else "INFO")
    if not known:
        root.warning("the log level %r is none of %s: info is used", level, ", ".join(LEVELS))
    for library in ("httpx", "httpcore", "httpx2", "httpcore2", "openai", "websockets"):
        # One line a request buries ours, and their debug lines show headers.
        logging.getLogger(library).setLevel(logging.WARNING)
