"""The gate in front of the SDP parser."""

import random

import pytest

from streaming.media.problems import BAD_OFFER, NO_H264
from streaming.media.sdp import MAX_OFFER_BYTES, SdpRefused, clean_offer
from tests.streaming.media.offers import CHROMIUM_OFFER


def refusal(sdp: object) -> SdpRefused:
    with pytest.raises(SdpRefused) as caught:
        clean_offer(sdp)
    return caught.value


def without(*words: str) -> str:
    lines = CHROMIUM_OFFER.split("\r\n")
    return "\r\n".join(line for line in lines if not any(word in line for word in words))


def test_a_browsers_offer_passes_without_its_candidates():
    offer = clean_offer(CHROMIUM_OFFER)

    assert "candidate" not in offer.sdp
    assert offer.sdp == without("candidate")
    assert (offer.mid, offer.playout_delay_id) == ("0", 5)


def test_candidates_are_kept_on_request_but_no_names_and_no_end():
    offer = clean_offer(CHROMIUM_OFFER, with_candidates=True)

    assert "192.0.2.7 51001" in offer.sdp
    assert ".local" not in offer.sdp
    assert "end-of-candidates" not in offer.sdp


def test_candidates_are_bounded():
    flood = "".join(f"a=candidate:{n} 1 udp 1 192.0.2.7 {n} typ host\r\n" for n in range(1, 200))

    offer = clean_offer(CHROMIUM_OFFER + flood, with_candidates=True)

    assert offer.sdp.count("a=candidate") < 17


def test_an_offer_without_the_extension_has_no_playout_delay():
    assert clean_offer(without("playout-delay")).playout_delay_id is None


def test_a_browser_without_h264_is_told_so():
    assert refusal(without("H264", "fmtp", "rtx")).problem is NO_H264


def test_h264_that_nobody_answers_with_is_no_h264():
    high_only = CHROMIUM_OFFER.replace("42e01f", "64001f").replace("42001f", "64001f")

    assert refusal(high_only).problem is NO_H264


@pytest.mark.parametrize(
    "sdp",
    [
        None,
        7,
        "",
        "v=0",
        "\x00" * 100,
        "žluťoučký kůň",
        CHROMIUM_OFFER + "a=x:" + "y" * MAX_OFFER_BYTES,
        CHROMIUM_OFFER
        + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=rtpmap:111 opus/48000/2\r\n",
        CHROMIUM_OFFER + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n",
        CHROMIUM_OFFER + CHROMIUM_OFFER[CHROMIUM_OFFER.index("m=video") :],
        CHROMIUM_OFFER.replace("a=recvonly", "a=sendonly"),
        CHROMIUM_OFFER.replace("a=recvonly", "a=inactive"),
        CHROMIUM_OFFER.replace("BUNDLE 0", "BUNDLE 0 1"),
        CHROMIUM_OFFER.replace("m=video 9 ", "m=video 0 "),
        CHROMIUM_OFFER.replace(":7B:", ":7B"),
        CHROMIUM_OFFER.replace("sha-256", "md5"),
        CHROMIUM_OFFER + "a=rtpmap:120 x/90000\r\n" * 100,
        without("a=ice-ufrag"),
        without("a=ice-pwd"),
        without("a=fingerprint"),
        without("a=setup"),
        without("a=mid"),
        without("a=rtcp-mux"),
    ],
)
def test_other_offers_are_refused_by_name(sdp):
    assert refusal(sdp).problem is BAD_OFFER


def mutated(rng: random.Random) -> str:
    lines = CHROMIUM_OFFER.split("\r\n")
    for _ in range(rng.randint(1, 4)):
        index = rng.randrange(len(lines))
        line = lines[index]
        cut = rng.randrange(len(line) + 1)
        lines[index : index + 1] = rng.choice(
            [
                [],
                [line, line],
                [line[:cut]],
                [line[cut:]],
                [line[:cut] + chr(rng.randrange(256)) + line[cut + 1 :]],
                [line[:cut] + rng.choice(["-1", "99999999999", " ", ":", "/", "="]) + line[cut:]],
                [rng.choice(lines), line],
            ]
        )
    return "\r\n".join(lines)


def test_whatever_comes_is_refused_or_clean():
    rng = random.Random(20261122)
    passed = 0
    for _ in range(4000):
        try:
            offer = clean_offer(mutated(rng), with_candidates=rng.random() < 0.5)
        except SdpRefused:
            continue
        passed += 1
        assert offer.sdp.count("m=video") == 1
        assert clean_offer(offer.sdp, with_candidates=True).sdp == offer.sdp
        assert "a=end-of-candidates" not in offer.sdp

    assert 500 < passed < 3500
