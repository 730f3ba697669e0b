#!/bin/sh
# What recordings are measured against: ffmpeg and ffprobe.
# Installs it when run by root on Debian or Ubuntu, else says what to install.
set -eu

command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing what recordings are measured against: ffmpeg"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg >/dev/null
else
    echo "Measuring recordings needs ffmpeg. Install it first:" >&2
    echo "  sudo apt install ffmpeg" >&2
    exit 1
fi
