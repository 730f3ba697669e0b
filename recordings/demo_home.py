"""What `make run` shows of recordings: the demo camera's last hours."""

from detections import demo_home
from recordings.models import Policy
from recordings.services import save_policy
from streaming.models import Camera

# Somebody's own disk: enough to look around in.
KEEP_DAYS = 2
QUOTA_MB = 2000


def seed_demo() -> str:
    """Makes the demo household with its camera and cat where they are missing, and lets the
    camera be recorded unless somebody has said otherwise. Returns the demo user's password."""
    password = demo_home.seed_demo()
    untold = Camera.objects.filter(
        source_kind=Camera.SourceKind.DEMO, recording_policy__isnull=True
    )
    for camera in untold:
        always = Policy.Mode.ALWAYS
        save_policy(Policy(camera=camera, mode=always, keep_days=KEEP_DAYS, quota_mb=QUOTA_MB))
    return password
