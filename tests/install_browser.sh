#!/bin/sh
# Make sure that the browser tests find a browser: the system's, or one that can be installed.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "${FOVEAL_CHROMIUM:-}" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq chromium >/dev/null && exit 0
fi
"$1/python" -m playwright install chromium && exit 0
echo "No browser could be installed: the browser tests will be skipped. Install chromium." >&2
exit 0
