import pytest
from django.test import override_settings

from petcam_site.checks import check_settings

SOUND = {
    "CHANNEL_LAYERS": {
        "default": {"BACKEND": "petcam_site.channel_layer.PatientPubSubLayer", "CONFIG": {}}
    },
    "DEBUG": False,
    "PETCAM_BIND": "127.0.0.1",
}
RELAYED = {
    "PETCAM_TURN_URLS": ["turn:server:3478"],
    "PETCAM_TURN_SECRET": "hush",
    "PETCAM_ICE_REMOTE_CANDIDATES": True,
}


def ids(**changed: object) -> list[str]:
    with override_settings(**(SOUND | changed)):
        return [message.id for message in check_settings()]


def test_the_defaults_are_sound():
    assert ids() == []


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"PETCAM_BIND": "localhost"}, ["petcam.E001"]),
        ({"PETCAM_BIND": "0.0.0.0"}, ["petcam.W001"]),
        ({"PETCAM_BIND": "0.0.0.0", "PETCAM_HOSTS": ["petcam.home"]}, []),
        ({"PETCAM_BIND": "::", "PETCAM_HOSTS": ["a"], "DEBUG": True}, ["petcam.E002"]),
        ({"PETCAM_BIND": "::1", "DEBUG": True}, []),
        (
            {"CHANNEL_LAYERS": {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}},
            ["petcam.E003"],
        ),
        ({"PETCAM_ORIGINS": ["petcam.home"]}, ["petcam.E005"]),
        ({"PETCAM_ORIGINS": ["https://petcam.home/"]}, ["petcam.E005"]),
        ({"PETCAM_ORIGINS": ["https://petcam.home:8443"]}, []),
        ({"PETCAM_HTTPS": True}, ["petcam.W002"]),
        ({"PETCAM_HTTPS": True, "PETCAM_TRUSTED_PROXIES": 1}, []),
        ({"PETCAM_TRANSPORTS": ["webrtc", "pigeon"]}, ["petcam.E006"]),
        ({**RELAYED, "PETCAM_TURN_SECRET": ""}, ["petcam.E007"]),
        ({**RELAYED, "PETCAM_ICE_REMOTE_CANDIDATES": False}, ["petcam.W003"]),
        (RELAYED, []),
        ({"PETCAM_STUN_URLS": ["server:3478"]}, ["petcam.E008"]),
        ({"PETCAM_STUN_URLS": ["stun:server:3478", "stun:[fd00::1]:3478"]}, ["petcam.E008"]),
        ({"PETCAM_STUN_URLS": ["stun:server?transport=udp"]}, ["petcam.E008"]),
        ({**RELAYED, "PETCAM_TURN_URLS": ["turns:server?transport=tcp"]}, []),
        ({"PETCAM_ICE_ADDRESSES": ["petcam.home"]}, ["petcam.E009"]),
        ({"PETCAM_ICE_ADVERTISED_ADDRESS": "home.example"}, ["petcam.E009"]),
        ({"PETCAM_ICE_ADVERTISED_ADDRESS": "203.0.113.7"}, []),
        ({"PETCAM_ICE_ADDRESSES": ["192.168.1.20", "fd00::20"]}, []),
    ],
)
def test_a_bad_setting_is_found(wrong: dict[str, object], found: list[str]):
    assert ids(**wrong) == found


def test_a_socket_path_that_the_kernel_refuses_is_found(tmp_path):
    deep = tmp_path / ("long" * 30)

    assert ids(PETCAM_RUN_DIR=deep, PETCAM_REDIS_URL="") == ["petcam.E004"]
    assert ids(PETCAM_RUN_DIR=deep, PETCAM_REDIS_URL="redis://server:6379") == []


def test_secrets_are_not_told():
    with override_settings(**SOUND, PETCAM_TURN_URLS=["x"], PETCAM_TURN_SECRET="hush"):
        told = "".join(f"{message.msg}{message.hint}" for message in check_settings())

    assert "PETCAM_TURN_URLS" in told
    assert "hush" not in told
