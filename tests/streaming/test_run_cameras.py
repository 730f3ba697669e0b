import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_S = 60
STOP_S = 5

SEED = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from households.models import Household
from streaming.models import Camera
home = Household.objects.create(name="Home")
Camera.objects.create(household=home, name="Mute", source_kind="rtsp", source_address=sys.argv[1])
"""


@pytest.fixture
def environment(tmp_path):
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "petcam_site.settings",
        "PYTHONPATH": str(ROOT),
        "PETCAM_DATA_DIR": str(tmp_path / "data"),
        "PETCAM_RUN_DIR": str(tmp_path / "run"),
    }


def test_it_is_ready_without_a_broker_and_stops_while_a_camera_hangs(environment, tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        mute.settimeout(START_S)
        address = f"rtsp://anna:secret@127.0.0.1:{mute.getsockname()[1]}/x"
        seed = [sys.executable, "-c", SEED, address]
        subprocess.run(seed, env=environment, check=True, timeout=START_S)
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "run_cameras"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert select.select([process.stdout], [], [], START_S)[0]
            assert process.stdout.readline() == "ready\n"
            with closing(mute.accept()[0]):
                process.send_signal(signal.SIGTERM)
                _, log = process.communicate(timeout=STOP_S)
        finally:
            process.kill()
            process.communicate()

    assert process.returncode == 0
    assert "secret" not in log
    assert not list((tmp_path / "run").glob("*.ring"))
