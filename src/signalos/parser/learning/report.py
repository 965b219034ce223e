"""A proposal in words: what was found with counts and examples, what to ask, and what it would change."""

from __future__ import annotations

from signalos.parser.learning.proposal import Finding, Proposal
from signalos.parser.profile import ROLE_TEXTS


def report(proposal: Proposal) -> str:
    """Lines for a person who is to confirm the proposal."""
    effect = proposal.effect
    lines = [
        f"{effect.messages} messages; orders are read in {effect.before} of them now.",
        f"With the proposal in {effect.more} more; {effect.other} are read differently, {effect.fewer} no longer.",
        "",
        "Proposed",
        *(_lines(proposal.findings) or ["  nothing"]),
    ]
    if proposal.questions:
        lines += ["", "To be answered by you (not in the proposal)", *_lines(proposal.questions)]
    if effect.examples:
        lines += ["", "What would change"]
        lines += [f"  {what}: {_short(text)}" for what, text in effect.examples]
    lines += [
        "",
        "Nothing was changed. Look at each line, then try it: signalos parse --profile FILE. It acts once it",
        "stands with the channel: import it on the channel's page, or copy it into config.json.",
    ]
    return "\n".join(lines) + "\n"


def _lines(findings: list[Finding]) -> list[str]:
    lines = []
    for found in findings:
        meant = f" = {ROLE_TEXTS.get(found.meant, found.meant)}" if found.meant else ""
        votes = ", ".join(f"{times} {vote}" for vote, times in found.seen.votes.most_common(4))
        counted = f"{found.seen.count} times" + (f" ({votes})" if votes else "")
        remark = f": {found.remark}" if found.remark else ""
        lines.append(f"  “{found.written}”{meant}, {counted}{remark}")
        lines += [f"      {_short(text)}" for text in found.seen.examples[:2]]
    return lines


def _short(text: str) -> str:
    flat = " / ".join(line.strip() for line in text.splitlines() if line.strip())
    return flat if len(flat) <= 110 else flat[:107] + "..."
