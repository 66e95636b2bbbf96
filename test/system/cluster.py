"""Real ZooKeeper servers and real brokers on loopback, for tests.

Everything is started on ports that were free, in directories of its own, and ended by pid.
"""

import contextlib
import itertools
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import time

from kazoo.client import KazooClient
from kazoo.handlers.threading import KazooTimeoutError

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "bin"
HOST = "127.0.0.1"
START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 60
# The environment variable that names a folder with the jars of the ZooKeeper to run; Debian's without it.
ZOOKEEPER_JARS = "SAMSA_ZOOKEEPER_JARS"


# Below the ephemeral ports, of which a client may be given one before its server binds it; each xdist worker has its own.
PORTS_OF_A_WORKER = 2000
FIRST_PORT = 10000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 11 * PORTS_OF_A_WORKER
_ports = itertools.count(random.randrange(PORTS_OF_A_WORKER))


def free_port():
    for number in itertools.islice(_ports, PORTS_OF_A_WORKER):
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind((HOST, FIRST_PORT + number % PORTS_OF_A_WORKER))
            return s.getsockname()[1]
    raise AssertionError("no port is free")


def wait_until(what, condition, timeout_s=30, interval_s=0.02):
    """The first true result of condition(); fails the test with `what` at the deadline."""
    deadline = time.monotonic() + timeout_s
    last_error = None
    while time.monotonic() < deadline:
        try:
            result = condition()
            if result:
                return result
        except Exception as e:  # what is being waited for may not answer yet
            last_error = e
        time.sleep(interval_s)
    raise AssertionError(f"not within {timeout_s} s: {what}" + (f" (last error: {last_error!r})" if last_error else ""))


class Process:
    """A child whose output goes to a file and can be awaited line by line."""

    def __init__(self, command, directory, name, env=None):
        self.directory = pathlib.Path(directory)
        self.log_path = self.directory / f"{name}.log"
        self.name = name
        self._log = open(self.log_path, "ab")
        self._seen = self.log_path.stat().st_size
        self.child = subprocess.Popen([str(c) for c in command], stdout=self._log, stderr=subprocess.STDOUT,
                                      stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})},
                                      start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_for_line(self, pattern, timeout_s=START_TIMEOUT_S):
        """Waits for a line since this process started that matches; fails at once if the process ends first."""
        def look():
            with open(self.log_path, "rb") as f:
                f.seek(self._seen)
                text = f.read().decode(errors="replace")
            match = re.search(pattern, text)
            if not match and self.child.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.child.returncode}:\n{text[-4000:]}")
            return match
        try:
            return wait_until(f"{self.name} logs {pattern!r}", look, timeout_s, 0.005)
        except SystemExit as e:
            raise AssertionError(str(e)) from None

    def stop(self, timeout_s=STOP_TIMEOUT_S):
        """SIGTERM, and the exit status."""
        if self.child.poll() is None:
            self.child.terminate()
        return self.wait(timeout_s)

    def wait(self, timeout_s=STOP_TIMEOUT_S):
        try:
            return self.child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {timeout_s} s:\n{self.log()[-4000:]}") from None

    def kill(self):
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        return self.child.wait()

    @contextlib.contextmanager
    def killed_unless_ready(self):
        """What has not come up is left to nobody."""
        try:
            yield
        except BaseException:
            self.kill()
            raise


def session_password(session_id):
    """What ZooKeeper gave the owner of the session: it draws passwords from a generator seeded by the id."""
    seed = ((session_id ^ 0xB3415C00) ^ 0x5DEECE66D) & (1 << 48) - 1
    password = b""
    while len(password) < 16:
        seed = (seed * 0x5DEECE66D + 0xB) & (1 << 48) - 1
        password += struct.pack("<I", seed >> 16)
    return password


class ZooKeeper(Process):
    def __init__(self, directory, port=None, extra=()):
        self.port = port or free_port()
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        config = directory / "zookeeper.properties"
        config.write_text("\n".join([
            f"dataDir={directory / 'data'}", f"clientPort={self.port}", f"clientPortAddress={HOST}",
            "maxClientCnxns=0", "admin.enableServer=false", "tickTime=500", "minSessionTimeout=1000",
            "maxSessionTimeout=60000", "4lw.commands.whitelist=*", *extra]) + "\n")
        jars = os.environ.get(ZOOKEEPER_JARS)
        command = ["java", "-Xmx256m", "-Xms64m", "-cp", f"{jars}:{jars}/*",
                   "org.apache.zookeeper.server.quorum.QuorumPeerMain", config] if jars else [BIN / "zookeeper-server-start.sh", config]
        super().__init__(command, directory, "zookeeper", {"KAFKA_HEAP_OPTS": "-Xmx256m -Xms64m"})

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    @contextlib.contextmanager
    def paused(self):
        """Frozen, as by a stalled disk: connections stay open and nothing is answered."""
        os.killpg(self.child.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.child.pid, signal.SIGCONT)

    def ask(self, word):
        """The answer to one of ZooKeeper's four-letter words."""
        with socket.create_connection((HOST, self.port), 5) as s:
            s.sendall(word.encode())
            return b"".join(iter(lambda: s.recv(65536), b"")).decode()

    def expire(self, session_id):
        """Ends somebody else's session, as if it had not been heard of for its timeout."""
        while f"0x{session_id:x}" in self.ask("dump"):  # the owner may have been quicker to come back than we to close
            other = KazooClient(self.address, client_id=(session_id, session_password(session_id)))
            with contextlib.suppress(KazooTimeoutError):  # it has gone since we asked
                other.start(5)
            other.stop()
            other.close()

    def wait_ready(self):
        def answers():
            with socket.create_connection((HOST, self.port), 1) as s:
                s.sendall(b"ruok")
                return s.recv(4) == b"imok"
        with self.killed_unless_ready():
            wait_until("ZooKeeper answers", answers, START_TIMEOUT_S)
        return self


NOT_HERE = "not possible on this machine: "  # how the reasons of skipped tests begin that are no failures; see test/tally.py


class Broker:
    """One Samsa broker that may be stopped, killed and started again over the same data."""

    def __init__(self, directory, zookeeper_connect, broker_id=0, port=None, **overrides):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.data = self.directory / "data"
        self.properties = {
            "broker.id": broker_id,
            "listeners": f"PLAINTEXT://{HOST}:{self.port}",
            "log.dirs": self.data,
            "zookeeper.connect": zookeeper_connect,
            "zookeeper.session.timeout.ms": 6000,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 5,
            "transaction.state.log.replication.factor": 1,
            "group.initial.rebalance.delay.ms": 0,
            **{key.replace("_", "."): value for key, value in overrides.items()},
        }
        self.process = None
        self.run_by = []  # a command that becomes the one behind it, such as prlimit(1)

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    def write_config(self):
        path = self.directory / "server.properties"
        path.write_text("".join(f"{k}={v}\n" for k, v in self.properties.items() if v is not None))
        return path

    def launch(self, env=None, arguments=()):
        """Starts the process without waiting for anything."""
        self.process = Process([*self.run_by, BIN / "kafka-server-start.sh", self.write_config(), *arguments],
                               self.directory, "broker", env)
        return self

    def start(self, env=None, arguments=()):
        self.launch(env, arguments)
        with self.process.killed_unless_ready():
            self.process.wait_for_line(r"\[KafkaServer id=\d+\] started")
        return self

    def stop(self):
        return self.process.stop()

    def kill(self):
        return self.process.kill()

    def log(self):
        return self.process.log()

    @contextlib.contextmanager
    def settings_change(self, entity):
        """Ends when what was changed inside, of "topics/T" or "brokers/0", is in force: clients are answered before that."""
        def times_applied():
            return self.log().count(f"Processing override for entityPath: {entity} ")
        before = times_applied()
        yield
        wait_until(f"the settings of {entity} are applied", lambda: times_applied() > before)


def tool(name, *arguments, stdin=None, timeout_s=60, check=True):
    """Runs bin/NAME.sh and returns its CompletedProcess with text output."""
    done = subprocess.run([str(BIN / f"{name}.sh"), *map(str, arguments)], input=stdin, text=True,
                          capture_output=True, timeout=timeout_s)
    if check and done.returncode != 0:
        raise AssertionError(f"{name} {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done
