#!/bin/sh
# poplar APP [FLAGS]: runs one app; exec, so that it gets the signals itself.
set -eu
app=${1:?usage: poplar standalone|pop3|pop3s|kpop|lmtp|api|cli [FLAGS]}
shift
main=/opt/poplar/apps/$app/dist/main.js
[ -f "$main" ] || { echo "poplar: there is no app $app" >&2; exit 2; }
exec node "$main" "$@"
