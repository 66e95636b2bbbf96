"""What a broker has made of a disk that lost its power is sound to Kafka's own tool."""

import shutil

import pytest

from clients import KAFKA
from cluster import Broker
from dump_log import faults_in
from power_cut_disk import MOUNTS, power_cut_disk
from test_power_cut import SETTINGS, Story


@pytest.mark.parametrize("mount", MOUNTS)
def test_kafkas_tool_finds_no_fault_after_a_power_cut(tmp_path, zookeeper, tools, mount):
    with power_cut_disk(tmp_path / "disk", MOUNTS[mount]) as disk:
        broker = Broker(tmp_path / "broker", f"{zookeeper.address}/{tmp_path.name}", log_dirs=disk.path / "data", **SETTINGS)
        broker.data = disk.path / "data"
        story = Story(broker, disk)
        try:
            story.begin()
            story.write()
            story.make_topic()
            story.check(story.cut())
            story.end()
            assert broker.stop() == 0
            shutil.copytree(broker.data, tmp_path / "data")  # the tool keeps open what it has looked at
            assert faults_in(tmp_path / "data", tools(KAFKA)) == []
        finally:
            story.give_up()
            broker.kill()
