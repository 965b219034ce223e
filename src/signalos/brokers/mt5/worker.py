"""The worker process: owns one terminal's module, answers JSON lines on standard input and output.

MetaTrader's module blocks its whole process during a call and has no timeout, so it lives here,
where it can be killed. The process ends by itself when its parent's end of the pipe closes.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

import msgspec

from signalos.brokers.mt5.calls import Module
from signalos.brokers.mt5.session import Session
from signalos.kit import collector
from signalos.kit.wire import Answer, Request

_LAST_CALL_SECONDS = 2.0
"""How long a call that is under way may go on after the parent has gone."""


def serve(session: Session, next_line: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
    """Answer line after line until ``next_line`` returns b"".

    A line that is no request is answered with an error under id 0, since its id cannot be known.
    """
    decoder = msgspec.json.Decoder(Request)
    encoder = msgspec.json.Encoder()
    while line := next_line():
        try:
            request = decoder.decode(line)
        except msgspec.DecodeError as why:
            write(encoder.encode(Answer(0, error=f"not a request: {why}")) + b"\n")
            continue
        write(encoder.encode(session.answer(request)) + b"\n")


def credentials_from(environ: Mapping[str, str], path: str | None) -> dict[str, Any]:
    """Arguments of ``initialize`` from MT5_LOGIN, MT5_PASSWORD and MT5_SERVER: never from argv.

    Without a login the terminal's own signed-in account is used.
    """
    found: dict[str, Any] = {"path": path} if path else {}
    if environ.get("MT5_LOGIN"):
        found["login"] = int(environ["MT5_LOGIN"])
        if environ.get("MT5_PASSWORD"):
            found["password"] = environ["MT5_PASSWORD"]
        if environ.get("MT5_SERVER"):
            found["server"] = environ["MT5_SERVER"]
    return found


def _module(options: argparse.Namespace) -> Module:
    if options.native:
        from signalos.brokers.mt5.native import native_module

        return native_module()
    if options.mt5linux is not None:
        from signalos.brokers.mt5.remote import RemoteModule

        return RemoteModule(*_split(options.mt5linux), options.order_seconds)
    from signalos.brokers.simulated.client import SimulatedModule

    return SimulatedModule(*_split(options.address))


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _lines_of(source: BinaryIO) -> Callable[[], bytes]:
    """Read ``source`` on a thread of its own, so that its end is seen also while a call blocks."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        while line := source.readline():
            lines.put(line)
        lines.put(b"")
        # Nobody is left to answer: let the call under way finish, then go in any case.
        threading.Event().wait(_LAST_CALL_SECONDS)
        os._exit(0)

    threading.Thread(target=read, name="requests", daemon=True).start()
    return lines.get


def _own_output() -> BinaryIO:
    """Take standard output for the wire alone; what a module prints goes to standard error."""
    wire = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return wire


def _line_writer(wire: BinaryIO) -> Callable[[bytes], None]:
    def write(line: bytes) -> None:
        wire.write(line)
        wire.flush()

    return write


def run(module: Module, credentials: Mapping[str, Any]) -> None:
    """Answer for ``module`` on standard input and output until the input ends."""
    # Ctrl-C reaches the whole group: the parent decides when the worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    session = Session(module, credentials)
    collector.settle()
    serve(session, _lines_of(sys.stdin.buffer), _line_writer(_own_output()))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the worker until its standard input ends."""
    parser = argparse.ArgumentParser(prog="signalos-worker", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--address", metavar="HOST:PORT", help="a simulated terminal")
    where.add_argument("--native", action="store_true", help="the MetaTrader5 module of this machine")
    where.add_argument("--mt5linux", metavar="HOST:PORT", help="an mt5linux server beside the terminal")
    parser.add_argument("--path", help="the terminal's program file (not with --address)")
    parser.add_argument(
        "--order-seconds", type=float, default=20.0, help="how long an order may be under way"
    )
    options = parser.parse_args(argv)
    run(_module(options), credentials_from(os.environ, options.path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
