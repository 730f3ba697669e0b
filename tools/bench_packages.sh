#!/bin/sh
# What the benchmarks compile against: Go with pion, libsrtp, OpenSSL.
# Installs it when run by root on Debian or Ubuntu, else says what to install.
set -eu

missing=""
command -v go >/dev/null || missing="$missing golang-go"
command -v gcc >/dev/null || missing="$missing gcc"
[ -d /usr/share/gocode/src/github.com/pion/webrtc ] ||
    missing="$missing golang-github-pion-webrtc.v3-dev"
[ -e /usr/include/srtp2/srtp.h ] || missing="$missing libsrtp2-dev"
[ -e /usr/include/openssl/evp.h ] || missing="$missing libssl-dev"

[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing what the benchmarks need:$missing"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "The benchmarks need some system packages. Install them first:" >&2
    echo "  sudo apt install$missing" >&2
    exit 1
fi
