"""The tests of the player's modules: each file runs in Node."""

import shutil
import subprocess
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).with_name("js").glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_modules_of_the_player(file: Path):
    node = shutil.which("node")
    assert node, "Node is needed: sh tools/system_packages.sh"

    done = subprocess.run(
        [node, "--test", str(file)], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_tests_of_the_player():
    assert FILES
