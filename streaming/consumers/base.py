"""What every socket about one camera does."""

from channels.db import database_sync_to_async

from streaming.access import CameraNotFound, Grant, camera_for, grant_for
from streaming.consumers.guarded import GuardedConsumer, Refused
from streaming.messages import (
    CAMERAS_GROUP,
    CameraChanged,
    camera_group,
    user_group,
)
from streaming.models import Camera


class CameraConsumer(GuardedConsumer):
    """One page's socket about one camera: `camera` is set once it is open."""

    grant: Grant | None
    camera: Camera | None = None

    async def admit(self, *, slug: str) -> Grant:
        try:
            self.camera = await database_sync_to_async(camera_for)(self.user, slug)
        except CameraNotFound:
            raise Refused from None
        return grant_for(self.user, self.scope["session"].session_key, self.camera)

    def groups_to_join(self) -> list[str]:
        return [camera_group(self.grant.camera_id), user_group(self.user.pk), CAMERAS_GROUP]

    async def camera_changed(self, event: CameraChanged) -> None:
        if event["camera_id"] == self.grant.camera_id:
            self.look_again()

    async def camera_state(self, event: dict) -> None:
        """News of the camera, for those who show it."""
