#!/bin/sh
# Runs one scenario of scenarios/faults. Where it asks for a Redis, it has one of its own, which is
# started again when it ends, as a supervisor would.
# Usage: survive.sh CONECTA SCENARIO [OPTION...]
set -u

conecta=$1
scenario=$2
shift 2
grep -q REDIS_PORT "$scenario" || exec "$conecta" bench "$scenario" "$@"

files=$(mktemp -d)
export REDIS_PID_FILE="$files/redis.pid"

# A free port: nobody else's, as far as can be told by asking for one.
REDIS_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export REDIS_PORT

answers() { python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$REDIS_PORT" 2>/dev/null; }

# In place of a shell that waits for it, so that the number in the file is that of Redis.
supervise() {
  while [ ! -e "$files/over" ]; do
    sh -c 'echo $$ >"$1"; exec redis-server --port "$2" --bind 127.0.0.1 --save "" --appendonly no' \
      sh "$REDIS_PID_FILE" "$REDIS_PORT" >/dev/null 2>&1
  done
}
supervise &
supervisor=$!

finish() {
  : >"$files/over"
  [ ! -s "$REDIS_PID_FILE" ] || kill "$(cat "$REDIS_PID_FILE")"
  wait "$supervisor"
  rm -rf "$files"
}

trap finish EXIT
trap 'exit 1' INT TERM

tries=0
until answers; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || { echo "survive.sh: redis-server does not come up" >&2; exit 1; }
done
"$conecta" bench "$scenario" --allow-signals "$@"
