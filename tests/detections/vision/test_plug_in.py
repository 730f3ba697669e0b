import sys

import pytest

from detections.vision.plug_in import BUILT_IN, BUILT_IN_LABELS, NoDetector, load_detector


def test_without_a_choice_it_is_the_built_in_one():
    assert load_detector("").labels == ("person", "cat", "dog")


def test_an_owners_model_has_its_labels_beside_it(tmp_path):
    model = tmp_path / "mine.onnx"
    model.symlink_to(BUILT_IN)
    words = BUILT_IN_LABELS.read_text().replace("Cattle", "Bird")
    model.with_suffix(".txt").write_text(words)

    assert set(load_detector(str(model)).labels) == {"person", "cat", "dog", "bird"}


def test_a_model_without_labels_is_refused(tmp_path):
    model = tmp_path / "mine.onnx"
    model.symlink_to(BUILT_IN)

    with pytest.raises(NoDetector, match=r"mine\.txt cannot be read"):
        load_detector(str(model))


@pytest.fixture
def own_program(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_eyes.py").write_text(
        "class Blind:\n"
        "    labels = ('cat',)\n"
        "    def detect(self, picture):\n"
        "        return []\n"
        "def broken():\n"
        "    raise OSError('no camera card')\n"
    )
    yield "my_eyes"
    sys.modules.pop("my_eyes", None)


def test_a_program_of_the_owners_is_called(own_program):
    detector = load_detector(f"{own_program}:Blind")

    assert (type(detector).__name__, detector.labels) == ("Blind", ("cat",))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("my_eyes:broken", "no camera card"),
        ("my_eyes:nobody", "AttributeError"),
        ("no_such_module:make", "ModuleNotFoundError"),
        ("builtins:dict", "without detect"),
        ("nonsense", "neither a file.onnx nor"),
        (":x", "neither a file.onnx nor"),
    ],
)
def test_whatever_is_wrong_with_it_is_said(own_program, choice, words):
    with pytest.raises(NoDetector, match=words):
        load_detector(choice)
