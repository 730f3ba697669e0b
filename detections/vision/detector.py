"""What finds animals and people in a picture, whoever wrote it."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detections.vision.seen import Seen

# RGB, height x width x 3.
Picture = NDArray[np.uint8]


class Detector(Protocol):
    """Looks at one picture at a time, in the one thread that all cameras share.

    An owner's own detector is whatever has these two (docs/detector.md).
    """

    # What it can find: "cat", "dog", "person"...
    labels: tuple[str, ...]

    def detect(self, picture: Picture) -> list[Seen]:
        """All that is in `picture`, with boxes as shares of it; blocks, and keeps nothing.

        It may tell of what it is not sure about: who asks has thresholds (vision.looking).
        """
