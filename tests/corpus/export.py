"""Print a language's cases as JSON lines for ``score.py``: ``python -m tests.corpus.export [LANGUAGE...]``."""

from __future__ import annotations

import json
import sys

from tests.corpus.form import cases, languages


def main() -> None:
    """Write every case of the named languages, or of all."""
    for language in sys.argv[1:] or languages():
        for case in cases(language):
            sys.stdout.write(json.dumps(case, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
