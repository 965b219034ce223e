"""What start.py is made of: stamps, sentences, ports, counts, campaigns, environments."""

import ast
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools.setup.campaigns import campaigns_of, prove
from tools.setup.checks import Count, count_junit, count_vitest
from tools.setup.console import Console, Problem
from tools.setup.dashboard import find_node, set_up_dashboard
from tools.setup.environment import set_up_environment
from tools.setup.places import Places
from tools.setup.port import check_port, wanted_port
from tools.setup.programs import Failed, run_watched
from tools.setup.stamps import content_hash, read_stamp, write_stamp

ROOT = Path(__file__).resolve().parents[3]


def console() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(out, now=lambda: 0.0), out


# -- stamps


def test_content_hash_follows_names_contents_and_extra(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("one")
    b.write_text("two")
    first = content_hash([a, b], tmp_path)
    assert content_hash([b, a], tmp_path) == first
    assert content_hash([a, b], tmp_path, "extra") != first
    b.write_text("three")
    assert content_hash([a, b], tmp_path) != first
    # The same bytes cut differently between two files are another content.
    a.write_text("on")
    b.write_text("etwo")
    assert content_hash([a, b], tmp_path) != first


def test_stamp_survives_the_disk_and_damage_means_no_stamp(tmp_path: Path) -> None:
    path = tmp_path / "stamp.json"
    assert read_stamp(path) == {}
    write_stamp(path, {"lock": "abc"})
    assert read_stamp(path) == {"lock": "abc"}
    path.write_text("{half a sta")
    assert read_stamp(path) == {}
    path.write_text("[1]")
    assert read_stamp(path) == {}


# -- console and programs


def test_problem_says_what_and_the_way_out() -> None:
    talk, out = console()
    talk.problem(Problem("the sea is empty.", "Fill it."))
    assert "Problem: the sea is empty." in out.getvalue()
    assert "What to do: Fill it." in out.getvalue()


def test_progress_in_a_log_is_sparse(tmp_path: Path) -> None:
    talk, out = console()
    with talk.step("counting"):
        run_watched([sys.executable, "-c", "for n in range(50): print(n)"], talk, cwd=tmp_path)
    assert out.getvalue().splitlines() == ["  counting", "    done in 0.0 s"]


def test_failed_program_carries_code_and_last_lines(tmp_path: Path) -> None:
    talk, _ = console()
    program = "import sys; [print(f'line {n}') for n in range(40)]; sys.exit(7)"
    with pytest.raises(Failed) as caught:
        run_watched([sys.executable, "-c", program], talk, cwd=tmp_path)
    assert caught.value.code == 7
    assert caught.value.tail.endswith("line 39")
    assert "line 5\n" not in caught.value.tail


# -- port


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "5000.5"])
def test_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="PORT"):
        wanted_port({"PORT": text})


def test_port_defaults_to_5000() -> None:
    assert wanted_port({}) == 5000
    assert wanted_port({"PORT": " 8123 "}) == 8123


def test_free_port_passes_and_a_taken_one_names_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        # Bound but silent: another program as far as can be seen.
        with pytest.raises(Problem) as caught:
            check_port({"PORT": str(port)})
    assert "another program" in caught.value.what
    assert f"PORT={port + 1}" in caught.value.way_out
    check_port({"PORT": str(port)})


class _LikeSignalOS(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"openapi": "3.1.0", "info": {"title": "SignalOS"}}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Keep the test's output clean."""


def test_port_taken_by_signalos_itself_is_recognised() -> None:
    server = HTTPServer(("127.0.0.1", 0), _LikeSignalOS)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(Problem, match="already running"):
            check_port({"PORT": str(server.server_port)})
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# -- counts


JUNIT = '<testsuites><testsuite tests="{t}" failures="{f}" errors="{e}" skipped="{s}"/></testsuites>'


@pytest.mark.parametrize(
    ("figures", "code", "expected"),
    [
        ((10, 0, 0, 0), 0, Count(10, 0)),
        ((10, 2, 1, 3), 1, Count(4, 3, 3)),
        ((10, 0, 0, 2), 1, Count(8, 0, 2)),
        ((10, 0, 0, 0), 3, Count(10, 1)),
        ((0, 0, 0, 0), 5, Count(0, 0)),
    ],
)
def test_pytest_report_is_counted(
    figures: tuple[int, int, int, int], code: int, expected: Count, tmp_path: Path
) -> None:
    report = tmp_path / "report.xml"
    report.write_text(JUNIT.format(**dict(zip("tfes", figures, strict=True))))
    assert count_junit(report, code) == expected


def test_pytest_that_wrote_no_report_has_failed(tmp_path: Path) -> None:
    assert count_junit(tmp_path / "absent.xml", 2) == Count(0, 1)


def test_vitest_report_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(
        json.dumps({"numPassedTests": 7, "numFailedTests": 0, "numPendingTests": 1, "numTodoTests": 1})
    )
    assert count_vitest(report, 0) == Count(7, 0, 2)
    assert count_vitest(report, 1) == Count(7, 1, 2)
    assert count_vitest(tmp_path / "absent.json", 0) == Count(0, 1)


# -- campaigns


def repository(folder: Path) -> Places:
    places = Places(folder)
    places.campaigns.mkdir(parents=True)
    places.tool("python").parent.mkdir(parents=True)
    if os.name != "nt":
        places.tool("python").symlink_to(sys.executable)
    (places.campaigns / "calm.py").write_text('"""Do nothing well."""\n')
    (places.campaigns / "storm.py").write_text('"""Fail."""\nraise SystemExit(3)\n')
    (places.campaigns / "_shared.py").write_text('"""No campaign."""\n')
    return places


def test_campaigns_are_listed_with_their_first_line(tmp_path: Path) -> None:
    places = repository(tmp_path)
    assert campaigns_of(places.campaigns) == {"calm": "Do nothing well.", "storm": "Fail."}
    assert campaigns_of(tmp_path / "nowhere") == {}


@pytest.mark.skipif(os.name == "nt", reason="a Windows environment has no linked python")
def test_campaigns_run_and_a_failed_one_is_told(tmp_path: Path) -> None:
    places = repository(tmp_path)
    talk, out = console()
    assert prove(places, talk, ["calm"], [], only_list=False) == 0
    assert prove(places, talk, [], [], only_list=False) == 1
    assert out.getvalue().splitlines()[-1] == "1 passed, 1 failed"


def test_unknown_campaign_names_the_known_ones(tmp_path: Path) -> None:
    talk, _ = console()
    with pytest.raises(Problem) as caught:
        prove(repository(tmp_path), talk, ["gale"], [], only_list=False)
    assert "calm, storm" in caught.value.way_out


# -- environment and dashboard


def project(folder: Path, lock: str) -> Places:
    places = Places(folder)
    (folder / "requirements").mkdir()
    places.lock("dev").write_text(lock)
    places.lock("runtime").write_text(lock)
    places.lock("source").write_text("")
    (folder / "pyproject.toml").write_text("[project]\n[build-system]\n[tool.hatch]\n")
    return places


def test_missing_network_gets_a_sentence_and_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pip told to use no index fails as it does without network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    places = project(tmp_path, f"no-such-package-here==1.0 --hash=sha256:{'0' * 64}\n")
    talk, _ = console()
    with pytest.raises(Problem) as caught:
        set_up_environment(places, talk, "runtime")
    assert "could not be installed" in caught.value.what
    assert "network" in caught.value.way_out
    assert "offline" in caught.value.way_out
    assert not (places.venv / "signalos-stamp.json").exists()


def test_foreign_folder_called_venv_is_not_touched(tmp_path: Path) -> None:
    places = project(tmp_path, "")
    places.venv.mkdir()
    (places.venv / "diary.txt").write_text("mine")
    talk, _ = console()
    with pytest.raises(Problem, match="no Python environment"):
        set_up_environment(places, talk, "runtime")
    assert (places.venv / "diary.txt").read_text() == "mine"


def test_a_link_to_another_environment_is_replaced_and_that_one_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    another = tmp_path / "another"
    another.mkdir()
    (another / "pyvenv.cfg").write_text("home = /nowhere\n")
    here = tmp_path / "here"
    here.mkdir()
    places = project(here, f"no-such-package-here==1.0 --hash=sha256:{'0' * 64}\n")
    places.venv.symlink_to(another)
    talk, _ = console()
    with pytest.raises(Problem, match="could not be installed"):
        set_up_environment(places, talk, "runtime")
    assert not places.venv.is_symlink()
    assert [file.name for file in another.iterdir()] == ["pyvenv.cfg"]


def test_this_checkout_is_set_up_without_doing_anything_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an up-to-date stamp no program is started: an empty PATH and no index do not matter."""
    stamp = ROOT / ".venv" / "signalos-stamp.json"
    if not stamp.exists():
        pytest.skip("these tests do not run in the environment that start.py made")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    talk, out = console()
    set_up_environment(Places(ROOT), talk, "dev")
    set_up_environment(Places(ROOT), talk, "runtime")
    assert out.getvalue() == ""


def test_missing_node_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem) as caught:
        find_node()
    assert "Node is missing" in caught.value.what
    assert "nodejs.org" in caught.value.way_out


@pytest.mark.skipif(os.name == "nt", reason="programs are made as shell scripts here")
@pytest.mark.parametrize(
    ("version", "says"), [("v18.20.4", "too old"), ("v20.18.1", "too old"), ("", "too old")]
)
def test_old_node_gets_a_sentence(
    version: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "node", f"echo {version}")
    program(tmp_path / "npm", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match=says):
        find_node()


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="programs are made as shell scripts here")
def test_dashboard_is_built_once_and_again_after_a_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A Node that writes down what it is asked stands in for the real one."""
    tools, places = tmp_path / "tools", Places(tmp_path / "repository")
    folder = places.dashboard
    tools.mkdir()
    (folder / "src").mkdir(parents=True)
    program(tools / "node", "echo v22.1.0")
    program(
        tools / "npm", f'echo "$1 $2" >> {tools}/calls; mkdir -p node_modules dist; : > dist/index.html'
    )
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    (folder / "package.json").write_text("{}")
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "main.ts").write_text("1")

    talk, _ = console()
    set_up_dashboard(places, talk)
    set_up_dashboard(places, talk)
    read = (tools / "calls").read_text().split("\n")[:-1]
    assert [line.split()[0] for line in read] == ["ci", "run"]
    (folder / "src" / "main.ts").write_text("2")
    set_up_dashboard(places, talk)
    assert (tools / "calls").read_text().count("run build") == 2
    assert (tools / "calls").read_text().count("ci ") == 1


@pytest.mark.skipif(os.name == "nt", reason="programs are made as shell scripts here")
def test_failing_build_shows_its_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools, places = tmp_path / "tools", Places(tmp_path / "repository")
    tools.mkdir()
    places.dashboard.mkdir(parents=True)
    program(tools / "node", "echo v22.1.0")
    program(tools / "npm", 'mkdir -p node_modules; [ "$1" = ci ] || { echo "main.ts: 1 is no 2"; exit 1; }')
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    (places.dashboard / "package.json").write_text("{}")
    (places.dashboard / "package-lock.json").write_text("{}")
    talk, _ = console()
    with pytest.raises(Problem, match=r"1 is no 2"):
        set_up_dashboard(places, talk)


# -- the program itself


def test_start_works_from_any_directory(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "start.py"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    for command in ("setup", "test", "dev", "prove"):
        assert command in done.stdout


def test_start_uses_the_standard_library_alone() -> None:
    """Isolated and without site packages every module of the set-up still imports."""
    program_text = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tools.setup.main"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program_text], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_start_py_is_readable_for_an_old_python() -> None:
    """No syntax newer than 3.0: an old Python reaches the sentence that says which one is needed."""
    ast.parse((ROOT / "start.py").read_text("utf-8"), feature_version=(3, 4))


# -- the program that is started in place of this one


BECOME = """
import sys
sys.path.insert(0, sys.argv[1])
from tools.setup.programs import become
sys.exit(become([sys.executable, "-c", sys.argv[2]]))
"""
TIDY = """
import signal, sys
def tidy(number, frame):
    print("interrupted", flush=True)
signal.signal(signal.SIGINT, tidy)
print("ready", flush=True)
sys.stdin.readline()
print("tidied up", flush=True)
sys.exit(7)
"""


def test_exit_code_of_the_started_program_is_passed_on() -> None:
    command = [sys.executable, "-c", BECOME, str(ROOT), "import sys; sys.exit(7)"]
    assert subprocess.run(command, check=False).returncode == 7


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_interrupt_reaches_the_started_program_once() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BECOME, str(ROOT), TIDY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    rest, _ = process.communicate("go on\n")
    assert rest == "tidied up\n"
    assert process.returncode == 7
