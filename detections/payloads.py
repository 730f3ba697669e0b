"""What programs may tell of a picture, checked, and what is wrong with it in words."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from detections.vision.boxes import Box, inside
from detections.vision.seen import Seen

MOST_MESSAGES = 200
MOST_DETECTIONS = 100
MOST_IN_ALL = 2000
# What the earlier pet camera's boxes are measured in when a message does not say.
ASSUMED_WIDTH, ASSUMED_HEIGHT = 640, 480
LABEL = re.compile(r"[a-z0-9][a-z0-9 _-]{0,19}")
_LABEL_WORDS = "must be 1 to 20 of: a-z, 0-9, space, - and _"
_MOST_REASONS = 20
_UNIX_2001 = 1e9
_LARGEST = 2**53

Share = Annotated[float, Field(ge=-1, le=2, allow_inf_nan=False)]
Pixels = Annotated[float, Field(ge=-65536, le=65536, allow_inf_nan=False)]


class Told(BaseModel):
    """Numbers are numbers, not text; what we do not know is left alone."""

    model_config = ConfigDict(strict=True, extra="ignore")


class PictureSize(Told):
    width: int = Field(ge=16, le=16384)
    height: int = Field(ge=16, le=16384)


class PixelBox(Told):
    """Left, top, width and height in pixels."""

    x: Pixels
    y: Pixels
    w: Pixels
    h: Pixels


class Detection(Told):
    """One animal, person or thing: `bbox` in pixels, or `box` in shares of the picture."""

    class_name: str = Field(
        validation_alias=AliasChoices("class_name", "label"),
        description=f'What it is, such as "cat"; also called `label`. It {_LABEL_WORDS}.',
        examples=["cat"],
    )
    confidence: float = Field(
        ge=0,
        le=1,
        allow_inf_nan=False,
        validation_alias=AliasChoices("confidence", "score"),
        description="0 to 1; also called `score`.",
        examples=[0.91],
    )
    bbox: PixelBox | None = Field(None, examples=[{"x": 120, "y": 80, "w": 200, "h": 160}])
    box: tuple[Share, Share, Share, Share] | None = Field(
        None,
        strict=False,
        description="Left, top, width, height as shares (0 to 1) of the picture.",
    )

    @field_validator("class_name")
    @classmethod
    def _known_letters(cls, text: str) -> str:
        label = text.strip().lower()
        if not LABEL.fullmatch(label):
            raise ValueError(_LABEL_WORDS)
        return label

    @model_validator(mode="after")
    def _one_box(self) -> "Detection":
        if (self.bbox is None) == (self.box is None):
            raise ValueError("must have one of bbox (pixels) and box (shares)")
        return self


class Message(Told):
    """All that was seen in one picture. No detections: looked, and saw nothing."""

    t: int | None = Field(
        None,
        ge=0,
        lt=_LARGEST,
        description="Media time of the picture: CLOCK_MONOTONIC in 1/90000 s, not wrapped.",
        examples=[31104000000],
    )
    timestamp: float | None = Field(
        None,
        gt=0,
        lt=_LARGEST,
        allow_inf_nan=False,
        description="When the picture was taken, in seconds: CLOCK_MONOTONIC, or Unix time "
        "(above 1000000000). Only without `t`.",
    )
    picture: PictureSize | None = Field(
        None,
        description=f"What `bbox` is measured in; {ASSUMED_WIDTH} x {ASSUMED_HEIGHT} if left out.",
    )
    detections: list[Detection] = Field(max_length=MOST_DETECTIONS)

    @model_validator(mode="after")
    def _has_its_time(self) -> "Message":
        if self.t is None and self.timestamp is None:
            raise ValueError("must say when: t or timestamp")
        return self

    @model_validator(mode="after")
    def _boxes_areinside(self) -> "Message":
        for number, one in enumerate(self.detections):
            if inside(self._shares(one)) is None:
                raise ValueError(f"detection {number} lies outside of the picture{self._size}")
        return self

    @property
    def _size(self) -> str:
        if self.picture is not None:
            return f" of {self.picture.width} x {self.picture.height} pixels"
        return f" of {ASSUMED_WIDTH} x {ASSUMED_HEIGHT} pixels: say its size in picture"

    def _shares(self, one: Detection) -> Box:
        if one.box is not None:
            return Box(*one.box)
        size = self.picture
        width, height = (size.width, size.height) if size else (ASSUMED_WIDTH, ASSUMED_HEIGHT)
        box = one.bbox
        assert box is not None, "Detection has seen to it"
        return Box(box.x / width, box.y / height, box.w / width, box.h / height)

    @property
    def is_unix(self) -> bool:
        """Whether the time is a Unix `timestamp`."""
        return self.t is None and self.timestamp is not None and self.timestamp > _UNIX_2001

    def seen(self) -> tuple[Seen, ...]:
        """The detections with their boxes cut at the picture's edges."""
        boxes = ((one, inside(self._shares(one))) for one in self.detections)
        return tuple(Seen(one.class_name, one.confidence, box) for one, box in boxes if box)


EXAMPLE = {
    "messages": [
        {
            "timestamp": 1780000000.123,
            "picture": {"width": 1280, "height": 720},
            "detections": [
                {
                    "class_name": "cat",
                    "confidence": 0.91,
                    "bbox": {"x": 120, "y": 80, "w": 200, "h": 160},
                }
            ],
        }
    ]
}


class Batch(Told):
    """Messages about pictures of one camera, in any order. A single message, a list of messages
    and `{"latest_detection": message}` are taken as well."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)

    @model_validator(mode="before")
    @classmethod
    def _any_shape(cls, told: Any) -> Any:
        match told:
            case list():
                return {"messages": told}
            case {"messages": _}:
                return told
            case {"latest_detection": message} | ({"detections": _} as message):
                return {"messages": [message]}
            case _:
                return told

    @model_validator(mode="after")
    def _not_too_many(self) -> "Batch":
        if sum(len(message.detections) for message in self.messages) > MOST_IN_ALL:
            raise ValueError(f"at most {MOST_IN_ALL} detections at once")
        return self


class Reason(BaseModel):
    """What is wrong: with which message and detection (from 0), and where in it."""

    message: int | None = None
    detection: int | None = None
    field: str = ""
    reason: str


def reasons(errors: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """pydantic's errors of a Batch in words, the first _MOST_REASONS of them."""
    return [_reason(error) for error, _ in zip(errors, range(_MOST_REASONS), strict=False)]


def _reason(error: Mapping[str, Any]) -> Reason:
    # What comes before is where the framework found the batch.
    place = list(error["loc"])
    place = place[place.index("messages") :] if "messages" in place else []
    found = Reason(reason=_words(error))
    if len(place) > 1:
        found.message, place = place[1], place[2:]
    if len(place) > 1 and place[0] == "detections":
        found.detection, place = place[1], place[2:]
    found.field = ".".join(map(str, place))
    return found


_WORDS = {
    "missing": "is missing",
    "list_type": "must be a list",
    "tuple_type": "must be a list of four numbers",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
}


def _words(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        return str(context["error"])
    limits = {name: f"{one:g}" if isinstance(one, float) else one for name, one in context.items()}
    return _WORDS.get(error["type"], "makes no sense").format(**limits)
