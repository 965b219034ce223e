"""Learning a channel's profile from its history: a proposal that the user confirms, never more.

``look`` sees how one message is built, ``tallies`` count over all of them, ``proposal`` turns the counts
into a profile with questions, ``report`` says it in words. Nothing here reads a file: messages come in one
by one, and are passed over three times (words, then names, then what the proposal changes).
"""

from __future__ import annotations

from signalos.parser.learning.proposal import Proposal, propose
from signalos.parser.learning.report import report

__all__ = ["Proposal", "propose", "report"]
