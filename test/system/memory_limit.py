"""A broker that may have so much memory and no more; the kernel kills it otherwise."""

import contextlib
import os
import pathlib
import re

import pytest

from cluster import NOT_HERE, wait_until

ROOT = pathlib.Path("/sys/fs/cgroup")


class Limit:
    """A memory cgroup, of version 1 or 2."""

    def __init__(self, name, limit_bytes):
        is_v1 = (ROOT / "memory").is_dir()
        self.path = (ROOT / "memory" if is_v1 else ROOT) / name
        self.events = self.path / ("memory.oom_control" if is_v1 else "memory.events")
        if not is_v1 and "memory" not in (ROOT / "cgroup.subtree_control").read_text().split():
            raise OSError("the memory controller is not in cgroup.subtree_control")
        self.path.mkdir()
        try:
            (self.path / ("memory.limit_in_bytes" if is_v1 else "memory.max")).write_text(str(limit_bytes))
            kills = self.kills()
        except OSError:
            self.path.rmdir()
            raise
        assert kills == 0

    def kills(self):
        """How many processes the kernel has ended for it."""
        found = re.search(r"^oom_kill (\d+)$", self.events.read_text(), re.MULTILINE)
        if not found:
            raise OSError(f"{self.events} does not count")
        return int(found[1])

    def enter(self):
        """A command that enters it and becomes the one behind it."""
        return ["sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh"]

    def remove(self):
        def is_removed():
            self.path.rmdir()
            return True
        wait_until("nobody is in the cgroup any more", is_removed)


@contextlib.contextmanager
def memory_limit(limit_bytes):
    """Skips the test where there is no such thing to be had."""
    try:
        limit = Limit(f"samsa-test-{os.getpid()}", limit_bytes)
    except OSError as error:
        pytest.skip(f"{NOT_HERE}no memory cgroup can be made: {error}")
    try:
        yield limit
    finally:
        limit.remove()
