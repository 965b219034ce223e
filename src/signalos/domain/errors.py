"""The one error tree.

::

    SignalOSError
    ├── ConfigError          what the user wrote cannot be used: says where and how to mend it
    ├── NotAllowed           a path, address or action that safety rules forbid; nothing was done
    ├── TerminalError        talking to a trading terminal failed
    │   ├── TerminalDown     certainly not carried out: may be tried again
    │   │   └── WrongAccount the terminal is signed in to another account: nothing is read or sent
    │   ├── OutcomeUnknown   may have been carried out: NEVER sent again, reconciled instead
    │   └── Refused          the terminal said no, with retcode and plain words
    ├── ServerError          talking to the server failed
    │   ├── ServerDown       tried again by the outbox or link, nothing is lost
    │   └── ServerRefused    the server said no (status and code): retrying the same cannot help
    └── JournalError         the journal cannot be written: trading stops, nothing is sent unjournalled
"""

from __future__ import annotations


class SignalOSError(Exception):
    """Root of all errors that SignalOS raises on purpose."""


class ConfigError(SignalOSError):
    """What the user wrote cannot be used; the text says where, why and what to do."""


class NotAllowed(SignalOSError):
    """A safety rule forbids it; nothing was done."""


class TerminalError(SignalOSError):
    """Talking to a trading terminal failed."""


class TerminalDown(TerminalError):
    """The request certainly never reached the terminal; it may be tried again."""


class WrongAccount(TerminalDown):
    """The terminal is signed in to another account: nothing is read or sent until it is back."""


class OutcomeUnknown(TerminalError):
    """The request may have been carried out; it is reconciled, never sent again."""


class Refused(TerminalError):
    """The terminal refused. ``retcode`` is MetaTrader's, ``explanation`` says what to do."""

    def __init__(self, retcode: int, explanation: str) -> None:
        super().__init__(f"{explanation} (retcode {retcode})")
        self.retcode = retcode
        self.explanation = explanation


class ServerError(SignalOSError):
    """Talking to the server failed."""


class ServerDown(ServerError):
    """No answer or a passing fault; the outbox or link tries again.

    ``retry_after`` is the pause in seconds that the server asked for, if it did.
    """

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class ServerRefused(ServerError):
    """The server said no; the same request would be refused again."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"the server refused ({status} {code}): {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class JournalError(SignalOSError):
    """The journal cannot be written; nothing is sent to a terminal until it can."""
