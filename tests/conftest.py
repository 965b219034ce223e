"""For every test: skips that count as failures where everything is required, and where Chromium is."""

import os
import shutil

import pytest

REQUIRE_ALL = os.environ.get("SIGNALOS_REQUIRE") == "all"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SKIPPED = pytest.StashKey[list[tuple[str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SKIPPED] = []


class SkipsAreFailures:
    """Collects skips; on the process that prints the summary they turn the run red."""

    def __init__(self, config: pytest.Config) -> None:
        self._skipped = config.stash[SKIPPED]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.append((report.nodeid, reason_of(report)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append((report.nodeid, reason_of(report)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._skipped:
            terminalreporter.section("skipped although everything is required", red=True)
            for nodeid, reason in self._skipped:
                terminalreporter.write_line(f"{nodeid}: {reason}")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words of a skip."""
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    # Workers of pytest-xdist report to the process that started them: only that one judges.
    if REQUIRE_ALL and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(SkipsAreFailures(session.config), "skips-are-failures")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium to drive, from ``CHROMIUM`` or the PATH; without one the test is skipped."""
    named = os.environ.get("CHROMIUM", "")
    found = next((p for p in (shutil.which(n) for n in (named, *CHROMIUM_NAMES) if n) if p), None)
    if found is None:
        pytest.skip("Chromium is missing: install it (apt install chromium) or name it in CHROMIUM")
    return found
