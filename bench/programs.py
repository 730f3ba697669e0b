"""Builds the Go and C programs of bench/peers, anew when their sources have changed."""

import os
import shutil
import subprocess
from pathlib import Path

from bench.folder import folder

SOURCES = Path(__file__).with_name("peers")
# Debian's Go packages (golang-github-pion-webrtc.v3-dev) put their sources there.
SYSTEM_GOPATH = "/usr/share/gocode"
BUILD_S = 300


def receiver() -> Path:
    """Many viewers in one process."""
    return _go("receiver")


def pion() -> Path:
    """The Go servers to compare with."""
    return _go("pion")


def limit() -> Path:
    """What sending costs at least."""
    source, program = SOURCES / "limit.c", folder() / "limit"
    if _is_stale(program, [source]):
        flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
        _run(["gcc", *flags, "-o", str(program), str(source), "-lsrtp2", "-lcrypto"])
    return program


def _go(name: str) -> Path:
    sources = sorted((SOURCES / name).glob("*.go"))
    program = folder() / name
    if _is_stale(program, sources):
        # Without modules Go finds "/v3" packages only for sources inside a GOPATH with a go.mod.
        path = folder() / "go"
        target = path / "src" / "petcam" / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for source in sources:
            shutil.copy(source, target)
        (target.parent / "go.mod").write_text("module petcam\n", encoding="ascii")
        environment = {
            "GOPATH": f"{path}:{SYSTEM_GOPATH}",
            "GO111MODULE": "off",
            "GOFLAGS": "-mod=mod",
            "GOCACHE": str(folder() / "go-cache"),
        }
        _run(["go", "build", "-o", str(program), f"petcam/{name}"], environment)
    return program


def _is_stale(program: Path, sources: list[Path]) -> bool:
    newest = max(source.stat().st_mtime for source in sources)
    return not program.exists() or program.stat().st_mtime < newest


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Raises RuntimeError with the compiler's words."""
    done = subprocess.run(
        command,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
