"""A broker under strace: what its system calls were, killed in the middle of them, or with a disk that takes its time."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from cluster import Broker, NOT_HERE, Process, wait_until

LINE = re.compile(r"^(\d+) +(\w+)\((.*)", re.MULTILINE)


def need_strace():
    """Skips the test where no process may be traced."""
    strace = shutil.which("strace")
    if not strace or subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip(f"{NOT_HERE}strace is missing or may not trace")


class TracedBroker(Broker):
    """Only calls that touch one of `paths` are traced, counted and tampered with."""

    def trace(self, calls, paths, injection=None):
        self.run_by = ["strace", "-f", "-qq", "-o", self.directory / "calls", "-e", f"trace={','.join(calls)}",
                       *(["-e", f"inject={injection}"] if injection else []),
                       *(word for path in paths for word in ("-P", path))]
        return self

    def stop(self):
        """strace does not hand signals on, and ends as its child does."""
        if self.run_by:
            task = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            for child in task.read_text().split():
                os.kill(int(child), signal.SIGTERM)
            return self.process.wait()
        return super().stop()

    def new_log(self):
        """What it has logged since its last start."""
        return self.log()[self.log().rindex("ZooKeeper session"):]

    def calls(self):
        """(thread, call, what follows its name) of each, in order."""
        return [(int(thread), call, rest) for thread, call, rest in LINE.findall((self.directory / "calls").read_text())]


@contextlib.contextmanager
def slow_calls(broker, calls, paths, delay_ms, log):
    """Each of these calls of a running broker that touches one of the paths takes so much longer."""
    command = ["strace", "-f", "-o", str(log), "-e", f"trace={','.join(calls)}",
               "-e", f"inject={','.join(calls)}:delay_enter={delay_ms * 1000}", "-p", str(broker.process.pid)]
    for path in paths:
        command += ["-P", str(path)]
    tracer = Process(command, broker.directory, "strace")
    try:
        tracer.wait_for_line("attached", 10)
        threads = len(list(broker_tasks(broker).iterdir()))
        wait_until("all threads are traced", lambda: tracers_of(broker).count(tracer.pid) >= threads)
        yield tracer
    finally:
        tracer.child.terminate()
        tracer.child.wait(60)


def broker_tasks(broker):
    return pathlib.Path(f"/proc/{broker.process.pid}/task")


def tracers_of(broker):
    return [int(re.search(r"TracerPid:\s+(\d+)", (task / "status").read_text())[1]) for task in broker_tasks(broker).iterdir()]
