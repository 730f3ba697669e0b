"""Tells that somebody's rights may have changed, whichever way that came about.

Signals, against the habit of this code: log-out, a password form, a session that an administrator
deletes and cascades of a deletion pass by every service of ours, and none of them may leave a
picture running. `streaming` listens and tells streamers and sockets.
"""

from functools import partial

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal

from households.models import Member

# Sent with `user_id` after the transaction's end.
access_changed = Signal()


def tell_access_changed(user_id: int) -> None:
    """Send `access_changed` once the transaction is committed."""
    transaction.on_commit(partial(access_changed.send, sender=None, user_id=user_id))


def _of_user(instance, update_fields=None, **_) -> None:
    if update_fields != frozenset({"last_login"}):
        tell_access_changed(instance.pk)


def _of_member(instance, **_) -> None:
    tell_access_changed(instance.user_id)


def _of_session(instance: Session, **_) -> None:
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None:
        tell_access_changed(int(user_id))


def connect() -> None:
    """Start listening; called once when Django is ready."""
    for signal in (post_save, post_delete):
        signal.connect(_of_user, sender=get_user_model(), dispatch_uid="access-of-user")
        signal.connect(_of_member, sender=Member, dispatch_uid="access-of-member")
    # Django announces a log-out before it ends the session; the deletion comes after.
    post_delete.connect(_of_session, sender=Session, dispatch_uid="access-of-session")
