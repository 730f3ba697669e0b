"""The settings of live view as both sides of it want them."""

from django.conf import settings

from streaming.media.ice import IceConfig


def ice_config() -> IceConfig:
    """How browsers reach the streamer."""
    return IceConfig(
        addresses=tuple(settings.PETCAM_ICE_ADDRESSES),
        ports=settings.PETCAM_ICE_PORTS,
        advertised_address=settings.PETCAM_ICE_ADVERTISED_ADDRESS,
        remote_candidates=settings.PETCAM_ICE_REMOTE_CANDIDATES,
        stun_urls=tuple(settings.PETCAM_STUN_URLS),
        turn_urls=tuple(settings.PETCAM_TURN_URLS),
        turn_secret=settings.PETCAM_TURN_SECRET,
    )
