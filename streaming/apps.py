from django.apps import AppConfig


class StreamingConfig(AppConfig):
    name = "streaming"
    verbose_name = "Live view"

    def ready(self) -> None:
        from households.news import access_changed  # noqa: PLC0415  (imports models)
        from streaming.services import announce_access_changed  # noqa: PLC0415  (imports models)

        # Kept by a name of this module: Django holds receivers weakly.
        self._pass_on = lambda sender, user_id, **_: announce_access_changed(user_id)
        access_changed.connect(self._pass_on, dispatch_uid="tell-streamers-and-sockets")
