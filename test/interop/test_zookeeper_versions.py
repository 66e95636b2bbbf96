"""The system tests that lean on ZooKeeper, over the releases of it that Kafka 2.7's users run: 3.4.13 is what the widely
used container image holds, 3.5.8 what Kafka 2.7 ships with."""

import signal
import subprocess
import sys

import pytest

from cluster import ROOT, ZOOKEEPER_JARS, Process

TIMEOUT_S = 3600
JARS = ROOT / "build" / "interop"
TESTS = ["test/system/test_everyday.py", "test/system/test_zookeeper.py", "test/system/test_znodes.py"]

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>test</groupId><artifactId>zookeeper</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.zookeeper</groupId><artifactId>zookeeper</artifactId><version>{version}</version>
</dependency></dependencies></project>"""

LOG4J = """log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d %p %m%n
"""


def jars_of(version):
    """The folder with the release's jars, fetched by Maven when they are not there yet."""
    folder = JARS / f"zookeeper-{version}"
    complete = folder / ".complete"
    if not complete.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log4j.properties").write_text(LOG4J)
        (folder / "pom.xml").write_text(POM.format(version=version))
        subprocess.run(["mvn", "--quiet", "--batch-mode", "--file", folder / "pom.xml", "dependency:copy-dependencies",
                        "-DincludeScope=runtime", f"-DoutputDirectory={folder}"], check=True, timeout=300)
        complete.touch()
    return folder


@pytest.mark.parametrize("version", ["3.4.13", "3.5.8"])
def test_everyday_life_and_mishaps_over_an_older_zookeeper(version, tmp_path):
    run = Process([sys.executable, "-m", "pytest", "-q", "-r", "fE", "-p", "no:cacheprovider",
                   "--basetemp", tmp_path / "run", *(ROOT / test for test in TESTS)], tmp_path, "pytest",
                  {ZOOKEEPER_JARS: str(jars_of(version)), "PYTEST_ADDOPTS": ""})
    try:
        assert run.child.wait(TIMEOUT_S) == 0, run.log()[-6000:]
    finally:
        if run.child.poll() is None:
            run.child.send_signal(signal.SIGINT)  # as it has brokers and ZooKeepers to end
            run.wait()
    servers = "".join(log.read_text(errors="replace") for log in (tmp_path / "run").rglob("zookeeper.log"))
    assert f"zookeeper.version={version}-" in servers
