"""``start.py prove``: the long campaigns, one program each in ``tests/fault/campaigns``."""

from __future__ import annotations

import ast
import time
from collections.abc import Sequence
from pathlib import Path

from tools.setup.console import Console, Problem
from tools.setup.places import Places
from tools.setup.programs import run_plain


def campaigns_of(folder: Path) -> dict[str, str]:
    """Name and first docstring line of every campaign in ``folder``."""
    found = {}
    for file in sorted(folder.glob("*.py")):
        if file.stem.startswith("_") or file.stem == "conftest":
            continue
        text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        found[file.stem] = text.partition("\n")[0]
    return found


def prove(
    places: Places, console: Console, names: Sequence[str], arguments: Sequence[str], *, only_list: bool
) -> int:
    """Run the named campaigns (all without a name) with ``arguments``. Returns 1 if any failed."""
    known = campaigns_of(places.campaigns)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Problem(
            f"there is no campaign {unknown[0]!r}.",
            f"Choose from: {', '.join(known) or '(this checkout has none)'}.",
        )
    if only_list or not known:
        console.say("Campaigns:" if known else "This checkout has no campaigns.")
        for name, summary in known.items():
            console.say(f"  {name:<14} {summary}")
        return 0
    results = []
    for name in names or known:
        console.headline(f"{name}: {known[name]}")
        begun = time.monotonic()
        command = [str(places.tool("python")), "-m", f"tests.fault.campaigns.{name}", *arguments]
        code = run_plain(command, cwd=places.root)
        results.append((name, code, time.monotonic() - begun))
    console.headline("Summary")
    for name, code, seconds in results:
        console.say(f"  {'passed' if code == 0 else 'FAILED'}  {name:<14} {seconds:8.1f} s")
    failed = sum(code != 0 for _, code, _ in results)
    console.say(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0
