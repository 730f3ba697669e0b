"""Rows of recordings with PostgreSQL instead of SQLite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgresql import NoPostgresql, postgresql

HERE = Path(__file__).parent
ESSENTIAL = ("test_keeping.py", "test_protecting.py", "test_retaining.py", "test_timeline.py")


def test_rows_are_kept_let_go_and_told_in_postgresql_too():
    tests = [str(HERE / name) for name in ESSENTIAL]
    try:
        with postgresql() as url:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
                cwd=HERE.parents[1],
                env=os.environ | {"PETCAM_DATABASE_URL": url},
                capture_output=True,
                text=True,
                timeout=110,
                check=False,
            )
    except NoPostgresql:
        pytest.skip("PostgreSQL is not installed")

    assert done.returncode == 0, done.stdout
