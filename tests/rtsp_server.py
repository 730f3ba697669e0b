"""A real RTSP camera for tests: GStreamer's RTSP server with a test picture.

Runs on the system's Python, which has GStreamer's bindings: `/usr/bin/python3 rtsp_server.py
[options]`. Prints `ready rtsp://...` and serves until SIGTERM or until `--seconds` are over.
"""

import argparse
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  (versions come first)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="0", help="0: any free port")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--kbps", type=int, default=2000)
    parser.add_argument("--pattern", default="ball", help="of videotestsrc; snow fills --kbps")
    parser.add_argument("--gop", type=int, default=30, help="frames from keyframe to keyframe")
    parser.add_argument("--bframes", type=int, default=0)
    parser.add_argument("--codec", choices=["h264", "h265"], default="h264")
    parser.add_argument("--profile", default="high", help="H.264 profile")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--seconds", type=int, default=600, help="end by itself after this")
    return parser.parse_args()


def pipeline(options: argparse.Namespace) -> str:
    """From test picture to RTP packets, in GStreamer's words."""
    size = f"width={options.width},height={options.height},framerate={options.fps}/1"
    picture = (
        f"videotestsrc is-live=true pattern={options.pattern} ! video/x-raw,format=I420,{size}"
    )
    rate = f"bitrate={options.kbps} key-int-max={options.gop} speed-preset=superfast"
    if options.codec == "h265":
        return f"( {picture} ! x265enc {rate} tune=zerolatency ! h265parse ! rtph265pay name=pay0 )"
    tune = "" if options.bframes else "tune=zerolatency"
    encoder = f"x264enc {rate} {tune} bframes={options.bframes} threads=1"
    profile = f"video/x-h264,profile={options.profile}"
    payload = "rtph264pay name=pay0 pt=96 config-interval=0"
    return f"( {picture} ! {encoder} ! {profile} ! h264parse ! {payload} )"


def ask_for_password(server: GstRtspServer.RTSPServer, options: argparse.Namespace) -> None:
    """Only who knows the user and the password may see the picture."""
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
    server.set_auth(auth)


def main() -> None:
    """Serve one camera at /camera."""
    options = parse()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(pipeline(options))
    factory.set_shared(True)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
    login = ""
    if options.user:
        login = f"{options.user}:{options.password}@"
        ask_for_password(server, options)
        allowed = GstRtspServer.RTSPPermissions()
        allowed.add_permission_for_role("viewer", "media.factory.access", True)
        allowed.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(allowed)
    server.get_mount_points().add_factory("/camera", factory)
    if not server.attach(None):
        sys.exit("cannot listen")
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, loop.quit)
    GLib.timeout_add_seconds(options.seconds, loop.quit)
    sys.stdout.write(f"ready rtsp://{login}127.0.0.1:{server.get_bound_port()}/camera\n")
    sys.stdout.flush()
    loop.run()


if __name__ == "__main__":
    main()
