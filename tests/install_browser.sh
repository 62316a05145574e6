#!/bin/sh
# Make sure that the browser tests find a browser: the system's, or one that can be installed.
# The headless shell of Chromium opens pages in half the time, so it is installed where it can be.
set -u
[ -n "${FOVEAL_CHROMIUM:-}" ] && exit 0
found() { command -v "$1" >/dev/null 2>&1; }
found chromium-headless-shell && exit 0
if found apt-get && [ "$(id -u)" = 0 ]; then
    apt-get update -qq -o Acquire::http::Timeout=20 -o Acquire::Retries=0
    for package in chromium-headless-shell chromium; do
        apt-get install -y -qq "$package" >/dev/null 2>&1 && exit 0
    done
fi
for name in chromium chromium-browser google-chrome; do
    found "$name" && exit 0
done
"$1/python" -m playwright install chromium && exit 0
echo "No browser could be installed: the browser tests will be skipped. Install chromium." >&2
exit 0
