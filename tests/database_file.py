"""A database in a file for tests of several threads.

Django's tests keep SQLite in memory, where threads share one cache: who meets another's lock there
fails at once instead of waiting, which no database does in life.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connection, connections


@contextmanager
def database_in_a_file() -> Iterator[None]:
    """All threads have an empty one, like the one they have; with PostgreSQL they keep that."""
    if connection.vendor != "sqlite":
        yield
        return
    settings, in_memory = connections.settings[DEFAULT_DB_ALIAS], connections[DEFAULT_DB_ALIAS]
    with tempfile.TemporaryDirectory() as folder:
        name = str(Path(folder) / "petcam.sqlite3")
        with in_memory.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [name])
        kept = settings["NAME"]
        settings["NAME"] = name
        del connections[DEFAULT_DB_ALIAS]
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS].close()
            connections[DEFAULT_DB_ALIAS] = in_memory
            settings["NAME"] = kept
