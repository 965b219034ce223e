"""Alerts that concern every user of the server."""

from __future__ import annotations

from signalos.protocol import firebridge, socket
from signalos.protocol.shapes import Severity
from signalos.server.db.session import Writing
from signalos.server.logs import repository


def tell_everybody(tx: Writing, code: str, severity: Severity, text: str) -> None:
    """Store an alert for each user and tell their browsers."""
    for user_id in repository.every_user(tx):
        alert = firebridge.AlertData(code=code, severity=severity, text=text)
        repository.add_alert(tx, user_id, alert, tx.now)
        event = socket.ErrorAlert(error=text, severity=severity, timestamp=tx.now, code=code)
        tx.emit(user_id, "error_alert", event)
