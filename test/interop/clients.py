"""The client programs that run the checks, and Kafka's own broker to prove the checks with.

A program of checks prints their names when it is called with `list`; called with a broker's address, it reads a name a line
from standard input, runs that check and prints `RESULT ok` or `RESULT failed WHY`, with \\n for line ends in WHY.
"""

import os
import pathlib
import queue
import signal
import subprocess
import threading

from cluster import ROOT, START_TIMEOUT_S, Broker, Process, wait_until
from messages import Connection

HERE = pathlib.Path(__file__).resolve().parent
BUILT = ROOT / "build" / "interop"
KAFKA = "2.7.0"
CHECK_TIMEOUT_S = 100
REFERENCE_STOP_TIMEOUT_S = 180  # Kafka closes its logs one after another

QUICK_JVM = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", f"-Dlog4j.configuration=file:{HERE}/java/log4j.properties"]


def java(version, *arguments):
    """A command that runs a class of one Kafka release or of our checks."""
    return ["java", *QUICK_JVM, "-cp", f"{BUILT}/java-{version}:{BUILT}/jars-{version}/*", *map(str, arguments)]


def _python(folder, program):
    return [BUILT / folder / "bin" / "python", HERE / "python" / program]


CLIENTS = {
    "java-2.7.0": java("2.7.0", "Checks"),
    "java-3.9.1": java("3.9.1", "Checks"),
    "franz-go": [BUILT / "franz-go"],
    "kafkajs": ["node", HERE / "node" / "checks.js"],
    "kafka-python-newest": _python("python-newest", "kafka_python.py"),
    "kafka-python-2.0.2": _python("python-old", "kafka_python.py"),
    "confluent-newest": _python("python-newest", "confluent.py"),
}


def checks_of(client):
    """The names that the program itself gave when it was prepared."""
    path = BUILT / f"{client}.checks"
    names = path.read_text().split() if path.exists() else []
    if not names:
        raise FileNotFoundError(f"{path} is missing or empty: run test/interop/prepare")
    return names


class ClientProgram:
    """Keeps one program of checks running and starts another when it has died or hung."""

    def __init__(self, name, bootstrap, directory):
        self.name = name
        self.bootstrap = bootstrap
        self.log_path = directory / f"{name}.log"
        self.child = None

    def run(self, check):
        """None, or why the check failed."""
        if self.child is None:
            self._start()
        try:
            self.child.stdin.write(check + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass
        try:
            line = self._lines.get(timeout=CHECK_TIMEOUT_S)
        except queue.Empty:
            self.stop()
            return f"no result within {CHECK_TIMEOUT_S} s"
        if line is None:
            self.stop()
            return f"the program ended\n{self.log_path.read_text(errors='replace')[-3000:]}"
        return None if line == "ok" else line.removeprefix("failed ").replace("\\n", "\n")

    def stop(self):
        if self.child is not None:
            os.killpg(self.child.pid, signal.SIGKILL)  # a check may have started another
            self.child.wait()
            self.child = None

    def _start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen([*map(str, CLIENTS[self.name]), self.bootstrap], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                                          env={**os.environ, "NODE_PATH": str(BUILT / "node" / "node_modules")})
        self._lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.child, self._lines), daemon=True).start()

    @staticmethod
    def _read(child, lines):
        for line in child.stdout:
            if line.startswith("RESULT "):
                lines.put(line.rstrip("\n").removeprefix("RESULT "))
        lines.put(None)


class ReferenceBroker(Broker):
    """Kafka itself in the place of ours: a check that fails there is wrong."""

    def launch(self, env=None, arguments=()):
        logging = self.directory / "log4j.properties"
        logging.write_text("log4j.rootLogger=INFO, stdout\nlog4j.appender.stdout=org.apache.log4j.ConsoleAppender\n"
                           "log4j.appender.stdout.layout=org.apache.log4j.PatternLayout\n"
                           "log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n\n")
        command = ["java", "-Xmx512m", "-XX:+UseSerialGC", f"-Dlog4j.configuration=file:{logging}", "-cp",
                   f"{BUILT}/jars-{KAFKA}/*", "kafka.Kafka", self.write_config(), *arguments]
        self.process = Process(command, self.directory, "broker", env)
        return self

    def start(self, env=None, arguments=()):
        """Kafka tells that it has started before the controller has told it of itself, and clients stumble over that."""
        super().start(env, arguments)

        def knows_itself():
            connection = Connection(self.port)
            known = connection.ask("metadata", 1, topics=[])
            connection.close()
            return known["brokers"] and known["controller_id"] >= 0
        with self.process.killed_unless_ready():
            wait_until("Kafka knows itself", knows_itself, START_TIMEOUT_S)
        return self

    def stop(self):
        return self.process.stop(REFERENCE_STOP_TIMEOUT_S)
