#!/bin/sh
# What the tests need from the system: browsers, servers, a C compiler, network tools.
# Installs it when run by root on Debian or Ubuntu, else says what to install.
set -eu

missing=""
need() { # need COMMAND PACKAGE...
    command -v "$1" >/dev/null || { shift; missing="$missing $*"; }
}
need chromium chromium
need firefox-esr firefox-esr
need redis-server redis-server
need turnserver coturn
need ip iproute2
need gcc gcc
[ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
need node nodejs
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null ||
    missing="$missing python3-gi gir1.2-gst-rtsp-server-1.0"
for element in base:videotestsrc good:rtph264pay bad:h264parse ugly:x264enc libav:avdec_h264; do
    set=${element%%:*}
    file=$(find /usr/lib -path '*gstreamer-1.0*' -name "*gst$(case $set in
        base) echo videotestsrc ;; good) echo rtp ;; bad) echo videoparsersbad ;;
        ugly) echo x264 ;; libav) echo libav ;; esac).so" 2>/dev/null | head -n 1)
    [ -n "$file" ] && continue
    case $set in
        libav) missing="$missing gstreamer1.0-libav" ;;
        *) missing="$missing gstreamer1.0-plugins-$set" ;;
    esac
done

[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing what the tests need:$missing"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    # Its package starts a relay for everybody; the tests start their own.
    case "$missing" in *coturn*) systemctl disable --now coturn 2>/dev/null || true ;; esac
else
    echo "The tests need some system packages. Install them first:" >&2
    echo "  sudo apt install$missing" >&2
    case "$missing" in *coturn*) echo "  sudo systemctl disable --now coturn" >&2 ;; esac
    exit 1
fi
