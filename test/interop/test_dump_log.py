"""Our dump-log prints what Kafka's own prints of what Kafka's own broker wrote, stopped or killed, and of damaged files."""

import random
import tarfile

import pytest

from clients import KAFKA
from cluster import ROOT, tool

DATA = ROOT / "test" / "data" / "datadir"
INDEXES = (".index", ".timeindex")
COMPRESSED = ("plain-gzip", "plain-lz4", "plain-snappy", "plain-zstd", "recompress")
DUMPED = (".log", *INDEXES, ".snapshot", ".txnindex")


@pytest.fixture(params=["clean-shutdown", "killed"])
def files(request, tmp_path):
    with tarfile.open(DATA / f"{request.param}.tar.gz") as archive:
        archive.extractall(tmp_path)
    return sorted(path for path in tmp_path.rglob("*") if path.suffix in DUMPED)


@pytest.fixture
def differs(tools):
    """Where the two differ, or None. Kafka's dies of some files with a bare exception, of which ours says more."""
    jvm = tools(KAFKA)

    def complaint(text):
        lines = [line.removeprefix('Exception in thread "main" ') for line in text.splitlines()
                 if not line.startswith(("\tat ", "\t..."))]
        return "\n".join(lines)

    def compare(*arguments):
        theirs = jvm.run("kafka.tools.DumpLogSegments", *arguments)
        ours = tool("kafka-dump-log", *arguments, check=False)
        said, told = complaint(theirs.stderr), complaint(ours.stderr)
        if said == "java.util.NoSuchElementException":
            told = told.split(":")[0]
        same = (theirs.status, theirs.stdout, said) == (ours.returncode, ours.stdout, told)
        return None if same else f"{arguments}\n{theirs.stdout}\n{said}\n---\n{ours.stdout}\n{told}"
    return compare


def options_for(path):
    if path.suffix in INDEXES:
        return [[], ["--verify-index-only"], ["--index-sanity-check"]]
    if path.suffix != ".log":
        return [[]]
    decoder = {"__consumer_offsets": "--offsets-decoder", "__transaction_state": "--transaction-log-decoder"}
    return [[], ["--deep-iteration"], [decoder.get(path.parent.name.rsplit("-", 1)[0], "--print-data-log")]]


def test_every_file_is_printed_as_kafkas_tool_prints_it(files, differs):
    found = [differs(*options, "--files", path) for path in files for options in options_for(path)]
    assert len(found) > 300
    assert [one for one in found if one] == []


def test_damaged_files_are_printed_as_far_as_kafkas_tool_prints_them(files, differs):
    generator = random.Random(7)
    found = []
    for path in generator.sample([path for path in files if path.stat().st_size > 0], 60):
        content = path.read_bytes()
        at = generator.randrange(len(content))
        damaged = generator.choice([content[:at], content[:at] + bytes(len(content) - at), content + bytes(30)])
        path.write_bytes(damaged)
        # What a codec says of a damaged body is another library's word.
        options = [[]] if path.parent.name.startswith(COMPRESSED) and path.suffix == ".log" else options_for(path)
        found.append(differs(*generator.choice(options), "--files", path))
        path.write_bytes(content)
    assert [one for one in found if one] == []
