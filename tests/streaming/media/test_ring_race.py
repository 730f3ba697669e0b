import pytest

from tests.streaming.media.ring_race import race


@pytest.mark.parametrize("writer", ["python", "c"])
def test_no_torn_unit_comes_out_while_a_writer_overwrites_as_fast_as_it_can(writer):
    result = race(20_000, writer=writer, max_seconds=60)

    assert result.torn_given_out == 0
    assert result.given_out > 100
    assert result.refused > 0
