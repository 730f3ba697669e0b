"""The contract with the private names of aiortc, aioice and pylibsrtp."""

from importlib.metadata import version

from aiortc import rtcrtpsender

from streaming.media.adapter import contract, stock


def test_the_versions_are_those_that_were_read():
    assert version("aiortc").startswith("1.16.")
    assert version("aioice").startswith("0.13.")
    assert version("pylibsrtp").startswith("1.0.")


def test_nothing_is_missing():
    assert contract.missing_names() == []
    assert contract.is_kept()


def test_a_name_that_is_gone_is_found_and_told(caplog):
    gone = ((rtcrtpsender.RTCRtpSender.send, ("_run_rtp", "_run_quic")),)

    assert contract.missing_names(gone) == ["_run_quic"]
    assert not contract.is_kept(gone)
    assert "_run_quic" in caplog.text


def test_the_stock_path_has_a_history_of_its_own_length():
    assert "RTP_HISTORY_SIZE" in rtcrtpsender.RTCRtpSender._run_rtp.__code__.co_names
    assert rtcrtpsender.RTP_HISTORY_SIZE == stock.RTP_HISTORY_PACKETS
