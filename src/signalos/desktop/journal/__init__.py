"""The journal: everything the desktop app knows, durable before it is acted upon.

One SQLite file (WAL, full sync). ``store`` opens it; one class a subject: messages, decisions,
intents, legs, commands, latches, questions, outbox. The keys are final: (terminal, origin, chat, message,
version, part, leg) for an intent; command, latch and event ids.
"""

from signalos.desktop.journal.store import Journal

__all__ = ["Journal"]
