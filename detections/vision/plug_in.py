"""The detector that the owner chose: the built-in one, an ONNX file, or a program of their own."""

from importlib import import_module
from pathlib import Path

from detections.vision.detector import Detector
from detections.vision.looking import HINT_SCORE
from detections.vision.ssd import NotSuchModel, SsdDetector

_MODELS = Path(__file__).parent / "models"
BUILT_IN = _MODELS / "ssd_mobilenet_v2_oidv4_300.onnx"
BUILT_IN_LABELS = _MODELS / "ssd_mobilenet_v2_oidv4_labels.txt"


class NoDetector(ValueError):
    """What the owner named is no detector; the text says why."""


def load_detector(choice: str) -> Detector:
    """The built-in detector for "", that of a file "model.onnx" with "model.txt" beside it, or
    what "package.module:callable" returns. Raises NoDetector."""
    try:
        if not choice:
            return SsdDetector(BUILT_IN, BUILT_IN_LABELS, threshold=HINT_SCORE)
        if choice.endswith(".onnx"):
            labels = Path(choice).with_suffix(".txt")
            return SsdDetector(Path(choice), labels, threshold=HINT_SCORE)
    except NotSuchModel as error:
        raise NoDetector(str(error)) from error
    return _called(choice)


def _called(choice: str) -> Detector:
    module, _, name = choice.partition(":")
    if not module or not name:
        raise NoDetector(f"{choice!r} is neither a file.onnx nor package.module:callable")
    try:
        detector = getattr(import_module(module), name)()
    except Exception as error:
        # Code of the owner's, which may fail in any way.
        raise NoDetector(f"{choice} failed: {type(error).__name__}: {error}") from error
    if not callable(getattr(detector, "detect", None)) or not isinstance(
        getattr(detector, "labels", None), tuple
    ):
        raise NoDetector(f"{choice} returned {detector!r}, without detect() and a tuple of labels")
    found: Detector = detector
    return found
