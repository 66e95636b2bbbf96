"""A file system whose power can be cut: what was not synced by then is gone, in the files as in the directories."""

import contextlib
import fcntl
import os
import pathlib
import struct
import subprocess

import pytest

from cluster import NOT_HERE, wait_until

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
# Nothing is committed by the clock. "bare": nor does a renaming write out the file that it puts in another's place, and a
# file may have its length before it has its bytes.
MOUNTS = {"ordered": "commit=300", "bare": "commit=300,noauto_da_alloc,data=writeback"}


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout.strip()


class PowerCutDisk:
    """An ext4 in a file, by a loop device."""

    def __init__(self, directory, options, size_bytes=256 << 20):
        self.image, self.path, self.options = directory / "disk", directory / "mounted", options
        self.path.mkdir(parents=True)
        with open(self.image, "wb") as image:
            image.truncate(size_bytes)
        run("mkfs.ext4", "-q", "-F", self.image)
        self.device = run("losetup", "--find", "--show", self.image)
        try:
            self.plug_in()
        except OSError:
            run("losetup", "--detach", self.device)
            raise

    def plug_in(self):
        run("mount", "-o", self.options, self.device, self.path)

    def cut(self):
        """From here on nothing reaches the disk; who writes is told so. Who has files open has to be ended before unplug()."""
        directory = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(directory)

    def unplug(self):
        def is_unmounted():
            run("umount", self.path)
            return True
        wait_until("nobody uses the disk", is_unmounted)

    def remove(self):
        try:
            if os.path.ismount(self.path):
                self.unplug()
        finally:
            if os.path.ismount(self.path):
                run("umount", "--lazy", self.path)  # the device goes with the last who has a file open
            run("losetup", "--detach", self.device)
            self.image.unlink()


@contextlib.contextmanager
def power_cut_disk(directory, options):
    """Skips the test where no such disk can be had."""
    try:
        disk = PowerCutDisk(pathlib.Path(directory), options)
    except OSError as error:
        pytest.skip(f"{NOT_HERE}no ext4 on a loop device can be mounted: {error}")
    try:
        yield disk
    finally:
        disk.remove()
