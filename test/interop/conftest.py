import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from clients import CLIENTS, ClientProgram, ReferenceBroker, checks_of  # noqa: E402
from cluster import Broker, ZooKeeper  # noqa: E402
from jvm_tools import JvmTools  # noqa: E402

# Checked once all others of the client have run: what the broker wrote for it.
DATA_DIRECTORY = "what_was_written_is_sound"


def pytest_addoption(parser):
    parser.addoption("--reference", action="store_true", help="run against Apache Kafka itself, to prove the tests")


def pytest_generate_tests(metafunc):
    if "check" in metafunc.fixturenames:
        metafunc.parametrize("client, check", [
            pytest.param(client, check, marks=pytest.mark.xdist_group(client), id=f"{client}-{check}")
            for client in CLIENTS for check in [*checks_of(client), DATA_DIRECTORY]], scope="module", indirect=["client"])


@pytest.fixture(scope="session")
def zookeeper(tmp_path_factory):
    """One ZooKeeper for all tests of this worker; brokers keep apart by chroot."""
    server = ZooKeeper(tmp_path_factory.mktemp("zookeeper")).wait_ready()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def start_broker(request, tmp_path_factory, zookeeper):
    """Starts a broker with a cluster of its own; the caller ends it."""
    kind = ReferenceBroker if request.config.getoption("--reference") else Broker

    def start(name):
        directory = tmp_path_factory.mktemp(name)
        return kind(directory, f"{zookeeper.address}/{directory.name}").start()
    return start


@pytest.fixture(scope="module")
def client(request, start_broker, tmp_path_factory):
    """A running program of checks and the broker that only it uses."""
    broker = start_broker(request.param)
    program = ClientProgram(request.param, broker.address, tmp_path_factory.mktemp("client"))
    program.broker = broker
    yield program
    program.stop()
    broker.kill()


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """From a release of Kafka to its command-line tools."""
    directory = tmp_path_factory.mktemp("tools")
    started = {}

    def of(release):
        if release not in started:
            started[release] = JvmTools(release, directory / f"{release}.log")
        return started[release]
    yield of
    for one in started.values():
        one.stop()


@pytest.fixture(scope="module")
def broker(start_broker):
    """A broker for the tests of one module."""
    started = start_broker("broker")
    yield started
    started.kill()
