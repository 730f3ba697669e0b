"""Tells open history pages, once a transaction is committed, that visits have changed."""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from detections.messages import VisitChanged, household_group
from detections.models import Visit

log = logging.getLogger(__name__)

# A page that misses some looks again when it is shown; a broker that is away delays nobody.
_MOST_AT_ONCE = 100
_PATIENCE_S = 2.0


def visits_changed(visits: Iterable[Visit], *, is_new: bool = False) -> None:
    """Tell after commit. Of many at once only the first are told one by one."""
    news = [_changed(visit, is_new) for visit in visits][:_MOST_AT_ONCE]
    if news:
        transaction.on_commit(partial(_send, news))


def _changed(visit: Visit, is_new: bool) -> VisitChanged:
    return {
        "type": "visit.changed",
        "household_id": visit.household_id,
        "visit_id": visit.pk,
        "is_new": is_new,
    }


def _send(news: list[VisitChanged]) -> None:
    """Without a broker what has happened stands."""
    try:
        async_to_sync(_send_in_time)(news)
    except (RedisError, OSError, TimeoutError) as error:
        log.info("visit.changed not told: %s", error)


async def _send_in_time(news: list[VisitChanged]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        for message in news:
            await get_channel_layer().group_send(household_group(message["household_id"]), message)
