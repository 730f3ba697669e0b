"""Compiles the C producers of tests/producers and runs them, each for a bounded time."""

import atexit
import functools
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "producers"


@functools.cache
def _folder():
    folder = tempfile.mkdtemp(prefix="producers-")
    atexit.register(shutil.rmtree, folder)
    return Path(folder)


@functools.cache
def compiled(name):
    """The path of the program made from tests/producers/<name>.c."""
    program = _folder() / name
    command = ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program]
    subprocess.run([*command, SOURCES / f"{name}.c"], check=True, timeout=60)
    return program


@contextmanager
def producing(name, *arguments):
    """Run a producer until the block ends."""
    with subprocess.Popen([compiled(name), *map(str, arguments)]) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(5)
