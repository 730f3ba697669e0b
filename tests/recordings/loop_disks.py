"""A disk that can lose its power: an ext4 of its own in a file, mounted through a loop device."""

import fcntl
import os
import struct
import subprocess
from pathlib import Path
from typing import Self

# EXT4_IOC_SHUTDOWN, and EXT4_GOING_FLAGS_NOLOGFLUSH: what was not synced is gone, and so is what
# the file system's own journal had not written.
_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587D, 2


class NoLoopDisk(Exception):
    """This machine cannot make one; the message says why."""


class LoopDisk:
    """Mounted at `folder`/disk as long as the context lasts. Needs root; raises NoLoopDisk."""

    def __init__(self, folder: Path, *, megabytes: int, options: str = "") -> None:
        self.root = folder / "disk"
        self._image = folder / "disk.img"
        self._options = ",".join(filter(None, ["loop", options]))
        self.root.mkdir()
        with self._image.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)

    def __enter__(self) -> Self:
        try:
            _run("mkfs.ext4", "-qF", "-m", "0", str(self._image))
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            raise NoLoopDisk(f"no loop-mounted ext4 here: {said.strip()}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self.unmount()

    def mount(self) -> None:
        """As after the power is back: the file system replays its journal."""
        _run("mount", "-t", "ext4", "-o", self._options, str(self._image), str(self.root))

    def unmount(self) -> None:
        """Nobody may have a file open there."""
        _run("umount", str(self.root))

    def remount(self, how: str) -> None:
        """ "ro" or "rw"."""
        _run("mount", "-o", f"remount,{how}", str(self.root))

    def cut_power(self) -> None:
        """From now on every write fails, and nothing reaches the disk any more."""
        if not os.path.ismount(self.root):
            raise NoLoopDisk(f"{self.root} is not mounted")
        fd = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(fd)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
