"""Messages of detections that cross processes, and the group they go to. Boxes to pages that
watch a camera: streaming.messages."""

from typing import Literal, TypedDict


def household_group(household_id: int) -> str:
    """The sockets that show this household's history."""
    return f"household-{household_id}"


class VisitChanged(TypedDict):
    """A visit began, grew, was corrected or is gone: whoever shows it looks it up again."""

    type: Literal["visit.changed"]
    household_id: int
    visit_id: int
    is_new: bool
