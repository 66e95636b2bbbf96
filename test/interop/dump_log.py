"""Kafka's own DumpLogSegments as the judge of a data directory."""

import re

# What the tool prints of a file that it finds wrong; a sound one only gets listings.
_FAULTS = re.compile(r"isvalid: false|Mismatches in|Non-consecutive offsets|Found timestamp mismatch|"
                     r"Found out of order timestamp|corrupt|Exception|is not sane|invalid bytes|didn't find", re.IGNORECASE)


def dump(tools, files, *options):
    """What the tool prints of these files."""
    done = tools.run("kafka.tools.DumpLogSegments", *options, "--files", ",".join(map(str, files)))
    assert done.status == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def faults_in(data, tools):
    """The lines with which the tool of the given JvmTools complains of a cleanly stopped broker's files."""
    files = [f for f in sorted(data.glob("*/*")) if f.suffix in (".log", ".index", ".timeindex", ".snapshot")
             and not f.parent.name.endswith("-delete")]
    groups = [f for f in files if f.parent.name.startswith("__consumer_offsets-") and f.suffix == ".log" and f.stat().st_size]
    plain = [f for f in files if f not in groups]
    assert any(f.suffix == ".log" and f.stat().st_size > 0 for f in plain), "nothing was written"
    printed = dump(tools, plain, "--deep-iteration")
    # What a starting broker asks of its indexes; in a run of its own, because it takes the place of the dump.
    printed += dump(tools, [f for f in plain if f.suffix in (".index", ".timeindex")], "--index-sanity-check")
    if groups:
        decoded = dump(tools, groups, "--offsets-decoder")
        assert "offset_commit" in decoded or "group_metadata" in decoded
        printed += decoded
    return [line for line in printed.splitlines() if _FAULTS.search(line)]
