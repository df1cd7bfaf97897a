# docker build --target bot .      the bot, without torch; needs BOT_TOKEN, and a worker with the same DATABASE_URL
# docker build --target engine .   a worker; torch's wheels include the CUDA libraries, unless TORCH_INDEX names others
#
# Both run as user 10001, write only to /data and /tmp, and stop within the grace period set in compose.yaml.
# By its digest, as its makers published it in docker-library/repo-info: docs/security.md says how it is renewed.
ARG PYTHON=python:3.13-slim-trixie@sha256:9662417aace5ae7b8e2609cce472b72a8958e134ba372808abe9cc1a0c0125e6

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
# No bytecode is compiled: that would take 23 MB to save 1.4 seconds at each start. Stripping debug symbols saves 27 MB;
# Pillow's libraries were patched after linking, so they are left as they are.
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --require-hashes -r requirements.txt \
    && find /opt/venv -name '*.so' ! -path '*/PIL/*' ! -name '*pillow*' -exec strip --strip-unneeded {} +
# Babel's data for all languages takes 32 MB. Keep only the bot's languages.
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
# An index of torch's builds without CUDA, for a machine without a GPU: see docs/hosting.md. Empty: those with CUDA.
ARG TORCH_INDEX=
COPY deploy/requirements-engine.txt requirements.txt
COPY deploy/install-packages install-packages
# Keeps pip, which downloads weights at the first start if the build couldn't.
RUN python -m venv /opt/venv \
    && PIP_NO_CACHE_DIR=1 ./install-packages /opt/venv/bin/python requirements.txt \
    && rm requirements.txt install-packages

# The weights and famous paintings that would otherwise be downloaded at the first start. A build without internet access
# continues without them. If the server refuses the paintings, it is not asked again for a day.
FROM engine-packages AS bundle
ARG FAMOUS=true
COPY engine engine
RUN --mount=type=cache,target=/var/cache/atelier \
    export DATA_DIR=/var/cache/atelier \
    && mkdir -p /opt/bundle/weights /opt/bundle/paintings "$DATA_DIR/weights" "$DATA_DIR/paintings" \
    && if ! python -m engine weights; then echo "No weights now: workers fetch them at their first start."; fi \
    && find "$DATA_DIR/weights" \( -name 'vgg*.safetensors' -o -name 'yunet*.safetensors' \) -exec install -m 0644 -t /opt/bundle/weights {} + \
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
# A healthy worker writes its host name into this file every 15 seconds. Other workers may share the folder.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10m CMD ["sh", "-c", \
    "grep -qxF \"$(hostname)\" /dev/null $(find \"$DATA_DIR\" -maxdepth 1 -name 'worker-*.ready' -mmin -1)"]
CMD ["python", "-m", "engine", "work"]
