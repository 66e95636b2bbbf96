"""The part of the Python programs of checks that talks to ../clients.py over standard input."""

import os
import sys
import threading
import time
import traceback

CHECKS = {}
_serial = iter(range(1, 1 << 30))


def check(function):
    CHECKS[function.__name__] = function
    return function


def add(name, function, *arguments):
    CHECKS[name] = lambda: function(*arguments)


def unique(prefix):
    """A name that neither another check nor another run of the program uses."""
    return f"{prefix}-{os.getpid()}-{next(_serial)}"


def until(what, condition, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.02)


def equal(actual, expected):
    assert actual == expected, f"expected {expected!r}, but is {actual!r}"


class Polling:
    """Calls step() in a thread of its own until it is stopped; what step() raises is kept for whoever waits."""

    def __init__(self, step, close):
        self._step = step
        self._close = close
        self._stopping = threading.Event()
        self.failure = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._stopping.is_set():
                self._step()
            self._close()
        except BaseException as e:
            self.failure = e

    def stop(self):
        self._stopping.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), "the client does not close"
        if self.failure:
            raise self.failure


def main(set_bootstrap):
    if sys.argv[1] == "list":
        print("\n".join(CHECKS))
        return
    set_bootstrap(sys.argv[1])
    for line in sys.stdin:
        name = line.strip()
        try:
            CHECKS[name]()
            outcome = "ok"
        except BaseException:
            outcome = "failed " + traceback.format_exc().replace("\n", "\\n")
        print("RESULT", outcome, flush=True)
