"""Kafka's command-line tools, each release in one JVM that runs them one after another: see java/Tools.java."""

import base64
import queue
import subprocess
import threading
from dataclasses import dataclass

from clients import java

TIMEOUT_S = 90


@dataclass
class Done:
    status: int
    stdout: str
    stderr: str


class JvmTools:
    def __init__(self, release, log):
        with open(log, "ab") as err:
            self._child = subprocess.Popen(java(release, "Tools"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err,
                                           text=True)
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def run(self, main_class, *arguments, stdin=""):
        words = [_encode(word) for word in (main_class, *map(str, arguments))]
        self._child.stdin.write(" ".join([*words, "=" + _encode(stdin)]) + "\n")
        self._child.stdin.flush()
        line = self._lines.get(timeout=TIMEOUT_S)
        assert line is not None, f"the JVM of the tools ended in {main_class}"
        _, status, out, err = line.split()
        return Done(int(status), _decode(out), _decode(err))

    def stop(self):
        self._child.kill()
        self._child.wait()

    def _read(self):
        for line in self._child.stdout:
            if line.startswith("RESULT "):
                self._lines.put(line)
        self._lines.put(None)


def run_alone(release):
    """Like JvmTools.run, in a JVM of its own, for a tool that remembers what it did."""
    def run(main_class, *arguments, stdin=""):
        done = subprocess.run(java(release, main_class, *arguments), input=stdin, text=True, capture_output=True,
                              timeout=TIMEOUT_S)
        return Done(done.returncode, done.stdout, done.stderr)
    return run


def _encode(text):
    return base64.b64encode(text.encode()).decode()


def _decode(word):
    return base64.b64decode(word.removeprefix("=")).decode(errors="replace")
