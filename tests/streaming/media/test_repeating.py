"""Work that is done again and again ends when it is told to."""

import asyncio

from streaming import broker
from streaming.media.repeating import again


class Deaf:
    """Does not hear that it was cancelled, as some libraries do not."""

    def __init__(self) -> None:
        self.is_asleep = asyncio.Event()

    async def work(self, *_: object) -> None:
        self.is_asleep.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return


def test_a_cancellation_that_the_work_did_not_hear_is_heeded():
    async def ends(by_broker: bool) -> bool:
        deaf, wake = Deaf(), asyncio.Event()
        wake.set()
        going = broker.again(deaf.work, 60, wake) if by_broker else again(deaf.work, 60, wake)
        task = asyncio.create_task(going)
        await deaf.is_asleep.wait()
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(ends(by_broker=True))
    assert asyncio.run(ends(by_broker=False))
