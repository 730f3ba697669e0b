"""The channel layer: Redis publish/subscribe, without waking up while nobody has said anything."""

from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from redis.asyncio.client import PubSub

# How long the receiver waits for a message before it waits again.
PATIENCE_S = 30.0


class PatientPubSubLayer(RedisPubSubChannelLayer):
    """channels_redis ends its waiting ten times a second in every process, for nothing. That costs
    more than following a camera does."""

    def _get_layer(self) -> RedisPubSubLoopLayer:
        layer = super()._get_layer()
        if not all(isinstance(shard, _PatientShard) for shard in layer._shards):
            layer._shards = [_PatientShard(shard.host, layer) for shard in layer._shards]
        return layer


class _PatientShard(RedisSingleShardConnection):
    def _ensure_redis(self) -> None:
        is_new = self._redis is None
        super()._ensure_redis()
        if is_new:
            self._pubsub = _PatientPubSub(self._redis.connection_pool)


class _PatientPubSub(PubSub):
    async def get_message(
        self,
        ignore_subscribe_messages: bool = False,
        timeout: float | None = 0.0,  # noqa: ASYNC109  (that is how it is called)
    ) -> object:
        """The next message, or None when none comes for so long."""
        patience_s = PATIENCE_S if timeout else timeout
        return await super().get_message(ignore_subscribe_messages, timeout=patience_s)
