"""Ports, addresses and credentials of peers."""

import base64
import hashlib
import hmac

import pytest

from streaming.media.ice import (
    TURN_LIFETIME_S,
    IceConfig,
    ice_servers,
    turn_credentials,
)


def test_turn_credentials_expire_and_are_signed_with_the_shared_secret():
    username, credential = turn_credentials("s3cret", "7", expires_s=1_000_000.9)

    assert username == "1000000:7"
    expected = hmac.new(b"s3cret", username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(credential) == expected


def test_nothing_outside_is_asked_by_default():
    assert ice_servers(IceConfig(), user="7", now_s=0) == []


def test_browsers_get_both_kinds_of_server():
    config = IceConfig(
        stun_urls=("stun:192.0.2.1",), turn_urls=("turn:192.0.2.1",), turn_secret="s3cret"
    )

    stun, turn = (one.as_dict() for one in ice_servers(config, user="7", now_s=0))

    assert stun == {"urls": ["stun:192.0.2.1"]}
    assert turn["urls"] == ["turn:192.0.2.1"]
    assert turn["username"] == f"{TURN_LIFETIME_S}:7"
    assert "s3cret" not in repr(config)


def test_addresses_are_addresses():
    with pytest.raises(ValueError, match="petcam.example"):
        IceConfig(advertised_address="petcam.example")
