"""Set SignalOS up and start it: ``python start.py`` (``python start.py --help`` lists the rest).

Needs nothing but Python and Node. The work is done in ``tools/setup``; this file stays readable for
any Python 3, so that a version that is too old gets a sentence instead of a syntax error.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- telling exactly these versions what to do is the point
    sys.exit(
        "SignalOS needs Python 3.11 or newer; this is Python %d.%d (%s).\n"  # noqa: UP031 -- an old Python knows no f-strings
        "Get a newer one from python.org, or by `sudo apt install python3`, `brew install python` or\n"
        "`winget install Python.Python.3.13`, then start with it: python3.13 start.py"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tools.setup.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
