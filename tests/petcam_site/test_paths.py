import stat
import threading
from pathlib import Path

from petcam_site.paths import kept_secret, private_dir, run_dir_for


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_each_data_directory_has_a_run_directory_of_its_own(tmp_path):
    first, second = run_dir_for(tmp_path / "one"), run_dir_for(tmp_path / "two")

    assert first != second
    assert first == run_dir_for(tmp_path / "two" / ".." / "one")


def test_a_unix_socket_fits_into_the_run_directory_however_long_the_data_directory_is(tmp_path):
    socket = run_dir_for(tmp_path / ("long" * 60)) / "valkey.sock"

    assert len(str(socket).encode()) <= 107


def test_directories_are_their_owners_alone(tmp_path):
    assert mode_of(private_dir(tmp_path / "data")) == 0o700


def test_a_secret_is_made_once_and_kept(tmp_path):
    path = tmp_path / "secret-key"

    first = kept_secret(path)

    assert len(first) > 50
    assert kept_secret(path) == first
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_everybody_gets_the_same_secret_when_several_come_first(tmp_path):
    path = tmp_path / "secret-key"
    starting = threading.Barrier(8)
    found = []

    def come() -> None:
        starting.wait()
        found.append(kept_secret(path))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
