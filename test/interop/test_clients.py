"""What clients that others wrote find when they check a broker; the checks are in the clients' own languages."""

import pytest

from clients import KAFKA
from conftest import DATA_DIRECTORY
from dump_log import faults_in


def test_client(client, check, tools):
    if check == DATA_DIRECTORY:
        client.stop()
        assert client.broker.stop() in (0, 143)  # the JVM tells the signal
        assert faults_in(client.broker.data, tools(KAFKA)) == []
        return
    failure = client.run(check)
    if failure:
        pytest.fail(f"{client.name}: {check}\n{failure}", pytrace=False)
