import itertools

import pytest
from kazoo.client import KazooClient

from cluster import Broker, ZooKeeper

_chroots = itertools.count()


@pytest.fixture(scope="session")
def zookeeper(tmp_path_factory):
    """One ZooKeeper for all tests of this worker; tests keep apart by chroot."""
    server = ZooKeeper(tmp_path_factory.mktemp("zookeeper")).wait_ready()
    yield server
    server.kill()


@pytest.fixture
def chroot(zookeeper):
    """A connection string to an empty corner of the ZooKeeper."""
    return f"{zookeeper.address}/test-{next(_chroots)}"


@pytest.fixture
def zk(chroot):
    """A client that looks into this test's corner."""
    client = KazooClient(chroot)
    client.start()
    yield client
    client.stop()
    client.close()


@pytest.fixture
def make_broker(tmp_path, chroot):
    """Makes brokers of one cluster, not yet started; ends them after the test."""
    brokers = []

    def make(broker_id=0, **overrides):
        connect = overrides.pop("zookeeper_connect", chroot)
        broker = Broker(tmp_path / f"broker-{len(brokers)}", connect, broker_id, **overrides)
        brokers.append(broker)
        return broker

    yield make
    for broker in brokers:
        if broker.process:
            broker.kill()


@pytest.fixture
def broker(make_broker):
    return make_broker().start()
