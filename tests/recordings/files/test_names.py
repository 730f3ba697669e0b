import json
import os
import stat
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from recordings.files.names import CLIPS, QUARANTINE, Found, Store, StoreRefused, segment_name

STORE = UUID("5f6d2f5e-1d5b-4a51-8f5e-2b7a4a4f9a10")
SEGMENT = UUID("0b9f5bb2-6c0f-4f5c-9f66-7b0a3c9d1e11")


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path / "store")
    store.make(STORE)
    return store


def refusal(call, *arguments) -> str:
    with pytest.raises(StoreRefused) as refused:
        call(*arguments)
    return refused.value.reason


def put(store: Store, camera_id: int, segment: UUID = SEGMENT) -> Path:
    store.camera_folder(camera_id)
    path = store.segment(camera_id, segment)
    path.write_bytes(b"a segment")
    return path


def test_a_store_knows_its_own_id(store):
    store.check(STORE)
    store.make(STORE)

    assert store.uuid() == STORE
    assert json.loads((store.root / "meta.json").read_text()) == {"petcam_store": str(STORE)}


def test_the_folder_below_a_disk_that_is_not_mounted_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()

    assert refusal(Store(tmp_path / "empty").check, STORE) == "missing"
    assert refusal(Store(tmp_path / "nothing").check, STORE) == "missing"


def test_another_store_is_refused(store):
    assert refusal(store.check, uuid4()) == "foreign"
    assert refusal(store.make, uuid4()) == "foreign"


@pytest.mark.parametrize("meta", ["", "{}", "[]", "no json", '{"petcam_store": 5}', "\ud800"])
def test_a_store_that_does_not_say_who_it_is_is_refused(store, meta):
    (store.root / "meta.json").write_bytes(meta.encode("utf-8", "surrogatepass"))

    assert refusal(store.check, STORE) == "missing"


def test_a_folder_of_other_files_never_becomes_a_store(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"mine")

    assert refusal(Store(tmp_path).make, STORE) == "foreign"
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_the_root_of_a_new_disk_becomes_one(tmp_path):
    (tmp_path / "lost+found").mkdir()

    Store(tmp_path).make(STORE)

    assert Store(tmp_path).uuid() == STORE


def test_a_store_that_was_being_made_when_its_maker_died_can_be_made(tmp_path):
    (tmp_path / "meta.json.new").write_bytes(b'{"petc')

    Store(tmp_path).make(STORE)

    assert Store(tmp_path).uuid() == STORE


def test_one_writer_at_a_time(store):
    lock = store.lock()
    assert refusal(Store(store.root).lock) == "busy"

    lock.close()

    Store(store.root).lock().close()


def test_everything_is_its_owners_alone(store):
    folders = [store.root, store.camera_folder(3), store.folder(CLIPS)]
    files = [store.root / "meta.json", store.root / "lock"]
    store.lock().close()

    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_segment_is_named_by_ids_alone(store):
    path = store.segment(12, SEGMENT)

    assert path == store.root / "12" / f"{SEGMENT}.mp4"
    assert path.name == segment_name(SEGMENT)
    with pytest.raises(ValueError):
        store.segment("../12", SEGMENT)  # type: ignore[arg-type]


def test_a_segment_is_opened_and_anything_else_is_not_there(store, tmp_path):
    put(store, 1)
    (tmp_path / "secret").write_bytes(b"a secret")
    linked, piped, folder = uuid4(), uuid4(), uuid4()
    store.segment(1, linked).symlink_to(tmp_path / "secret")
    os.mkfifo(store.segment(1, piped))
    store.segment(1, folder).mkdir()

    fd = store.open_segment(1, SEGMENT)
    assert os.read(fd, 100) == b"a segment"
    os.close(fd)
    for segment in (linked, piped, folder, uuid4()):
        with pytest.raises(FileNotFoundError):
            store.open_segment(1, segment)


def test_every_file_of_every_camera_is_found(store):
    ours = put(store, 1)
    other = store.camera_folder(20) / "holiday.mp4"
    other.write_bytes(b"")
    upper = store.camera_folder(20) / f"{str(SEGMENT).upper()}.mp4"
    upper.write_bytes(b"")
    store.folder(CLIPS)
    (store.root / "21").symlink_to(store.root / "1")

    assert sorted(store.found(), key=lambda found: (found.camera_id, found.path)) == [
        Found(1, SEGMENT, ours),
        Found(20, None, upper),
        Found(20, None, other),
    ]


def test_what_nobody_knows_is_put_aside_under_a_name_of_its_own(store):
    for camera_id in (1, 2):
        assert store.quarantine(put(store, camera_id)).read_bytes() == b"a segment"
    again = store.quarantine(put(store, 1))

    kept = {path.name for path in (store.root / QUARANTINE).iterdir()}
    assert kept == {f"1-{SEGMENT}.mp4", f"2-{SEGMENT}.mp4", f"1-{SEGMENT}.mp4.1"}
    assert again.name == f"1-{SEGMENT}.mp4.1"
    assert list(store.found()) == []


def test_removing_what_is_gone_is_harmless(store):
    path = put(store, 1)

    store.remove(path)
    store.remove(path)

    assert not path.exists()
