#!/usr/bin/env bash
# What only a Docker engine proves: both images are built, started as compose.yaml says, and people have paintings
# while workers are stopped, drained, replaced and killed. For processors; about ten minutes on two cores, most of it
# for torch's wheels.
#
#     tests/containers/prove.sh               on SQLite
#     tests/containers/prove.sh postgresql    with the profile, and two workers
set -euo pipefail
cd "$(dirname "$0")/../.."

export BOT_TOKEN=none COMPOSE_PROJECT_NAME=atelier-proof COMPOSE_FILE=compose.yaml:tests/containers/compose.proof.yaml
export PEOPLE=${PEOPLE:-6} ENGINE_WORKERS=1
if [ "${1:-sqlite}" = postgresql ]; then
    export COMPOSE_PROFILES=postgresql POSTGRES_PASSWORD=proof POSTGRES_LISTEN=127.0.0.1:0
    ENGINE_WORKERS=2
fi
people=

queue() { docker compose exec --no-TTY bot python -m engine jobs "$@"; }

count() { queue --json | python3 -c "import json, sys; print(sum(job['state'] == '$1' for job in json.load(sys.stdin)['jobs']))"; }

until_true() {
    for _ in $(seq 600); do
        if "$@"; then return; fi
        sleep 1
    done
    echo "error: not in ten minutes: $*" >&2
    exit 1
}

healthy() { [ "$(docker compose ps --format '{{.Health}}' "$1" | sort -u)" = healthy ]; }

running() { [ "$(count running)" -gt 0 ]; }

idle() { [ "$(count running)" = 0 ]; }

finish() {
    status=$?
    if [ "$status" != 0 ]; then docker compose logs --tail 40; fi
    docker compose --profile people --profile postgresql down --volumes --timeout 30
    exit "$status"
}
trap finish EXIT
trap "exit 130" INT TERM

# One of the two alone: the other is neither started nor built.
for service in bot engine; do
    here=$(COMPOSE_PROFILES='' COMPOSE_FILE="compose.yaml:deploy/compose.$service-only.yaml" docker compose config --services)
    test "$here" = "$service"
done

if [ -z "${BUILT:-}" ]; then docker compose build bot engine; fi
docker image inspect --format '{{index .RepoTags 0}}: {{.Size}} bytes' atelier-bot atelier-engine

docker compose up --detach
docker compose run --rm --name atelier-people people &
people=$!
until_true healthy engine
until_true healthy bot
docker kill --signal=USR1 atelier-people >/dev/null
echo "Everything is healthy; the people come in."

for service in bot engine; do
    docker compose exec --no-TTY "$service" sh -c '
        test "$(id -u)" = 10001
        grep -q "^CapEff:[[:space:]]*0*$" /proc/self/status
        grep -q "^NoNewPrivs:[[:space:]]*1$" /proc/self/status
        ! touch /app/x 2>/dev/null && touch /tmp/x /data/x && rm /data/x'
    echo "$service: nobody of importance, and a root that is read-only"
done
docker compose exec --no-TTY engine sh -c 'test -z "$BOT_TOKEN$BOT_WEBHOOK_SECRET$POSTGRES_PASSWORD"'

until_true running
docker compose stop engine
test "$(count running)" = 0
echo "Stopped in the middle of a painting, which went back to the queue."

docker compose up --detach
until_true running
queue --drain
until_true idle
echo "Drained: what was being painted is painted, and nothing else is begun."
docker compose up --detach --force-recreate engine
queue --resume

until_true running
docker compose kill engine
echo "Killed in the middle of a painting."
docker compose up --detach

wait "$people"
test "$(count failed)" = 0
echo "Everybody has one painting, and no job failed."
