"""Asking together whether sockets may stay open."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from django.db import OperationalError

from streaming.access import Grant
from streaming.rights import Rights

ALICE, BOB = Grant(1, 1, "a"), Grant(1, 2, "b")


class RightsTests(IsolatedAsyncioTestCase):
    async def test_who_asks_at_the_same_moment_is_asked_for_once(self):
        questions = []

        def look(grants):
            questions.append(sorted(grants, key=lambda grant: grant.user_id))
            return {ALICE}

        rights = Rights(look)
        answers = await asyncio.gather(*map(rights.hold, (ALICE, BOB, ALICE)))

        self.assertEqual(answers, [True, False, True])
        self.assertEqual(questions, [[ALICE, BOB]])

    async def test_a_later_question_is_asked_anew(self):
        held = [{ALICE}, set()]
        rights = Rights(lambda grants: held.pop(0))

        self.assertEqual([await rights.hold(ALICE), await rights.hold(ALICE)], [True, False])

    async def test_everybody_hears_that_the_database_is_away(self):
        def look(grants):
            raise OperationalError("away")

        rights = Rights(look)
        answers = await asyncio.gather(rights.hold(ALICE), rights.hold(BOB), return_exceptions=True)

        self.assertEqual([type(answer) for answer in answers], [OperationalError] * 2)

    async def test_one_who_left_does_not_keep_the_others_from_their_answer(self):
        rights = Rights(set)
        leaving = asyncio.create_task(rights.hold(ALICE))
        staying = asyncio.create_task(rights.hold(ALICE))
        await asyncio.sleep(0)

        leaving.cancel()

        self.assertTrue(await staying)
