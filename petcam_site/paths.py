"""Where Petcam keeps things: what must survive (data) and what lives only while it runs."""

import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def run_dir_for(data_dir: Path) -> Path:
    """The run-time directory that belongs to `data_dir`: frame rings and the broker's socket.

    In /dev/shm where there is one, because frame rings are memory, and because a unix socket's
    path may have at most 107 bytes.
    """
    shared_memory = Path("/dev/shm")
    parent = shared_memory if os.access(shared_memory, os.W_OK) else Path(tempfile.gettempdir())
    name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:10]
    return parent / f"petcam-{name}"


def private_dir(path: Path) -> Path:
    """`path`, made if missing, open to its owner alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def kept_secret(path: Path) -> str:
    """The secret in the file; whoever comes first makes it, whole or not at all."""
    if not path.exists():
        handle, made = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        with open(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        with suppress(FileExistsError):
            os.link(made, path)
        os.unlink(made)
    return path.read_text(encoding="ascii")
