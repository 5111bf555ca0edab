"""Entry point of the host: puts the file descriptors in order before llama.cpp is loaded."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
from pathlib import Path

from engine import netlock, writelock
from engine.privacy import leave_no_traces


def main() -> None:
    """Serve the app on the other end of stdin and stdout."""
    # What the library prints must not reach the protocol: keep stdout for ourselves, then
    # let fd 1 be stderr, which the app has pointed at a log file.
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), 1)
    # There is a barrier between any two of some 900 operations a token. Threads that spin there
    # for long cost up to 15 times the time when anything else uses a core; threads that sleep
    # at once cost twice the time when nothing does. So: a short while, then sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    _give_way()
    leave_no_traces()
    netlock.lock()
    # Ctrl-C is for the app, which ends the host in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    # only now: importing the library reads the environment
    import llama_cpp

    # a GPU's driver makes files of its own; without them it does not start (CUDA: error 304)
    if not llama_cpp.llama_supports_gpu_offload():
        writelock.lock()
    from engine.llama.host.server import Server

    try:
        Server(sys.stdin.buffer, answers).run()
    except BrokenPipeError:
        sys.exit(0)


def _give_way() -> None:
    """Be as nice to other sessions as to this one.

    Linux weighs whole sessions against each other (``sched_autogroup``), and the host is one of
    its own: niceness alone would not move it behind the app.
    """
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    group = Path("/proc/self/autogroup")
    if niceness > 0 and group.exists():
        with contextlib.suppress(OSError):
            group.write_text(str(niceness))


if __name__ == "__main__":
    main()
