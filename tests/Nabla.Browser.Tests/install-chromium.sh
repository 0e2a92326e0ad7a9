#!/usr/bin/env bash
# Installs the browser that the tests drive: on Debian and its kin, as root. Anywhere else it says so and changes nothing.
set -euo pipefail
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Chromium is installed only by root with apt-get; install it yourself, or name a browser in NABLA_BROWSER." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y --no-install-recommends chromium >/dev/null 2>&1 || {
    apt-get update >/dev/null
    apt-get install -y --no-install-recommends chromium >/dev/null
}
