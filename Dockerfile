# docker build --target bot .      the chat; needs BOT_TOKEN, and a worker at the same DATABASE_URL
# docker build --target engine .   a worker; torch's wheels bring CUDA
FROM python:3.12-slim AS base
ENV PYTHONUNBUFFERED=1 DATA_DIR=/data
WORKDIR /app
RUN useradd --create-home atelier && mkdir /data && chown atelier /data
COPY pyproject.toml requirements.txt ./
COPY engine engine
VOLUME /data

FROM base AS bot
# requirements.txt constrains the versions; only the bot's own packages are installed.
COPY bot bot
COPY README.md LICENSE ./
RUN sed -E '/^ +--hash/d; s/ \\$//' requirements.txt > constraints.txt \
    && pip install --no-cache-dir --constraint constraints.txt '.[bot,postgres]'
USER atelier
ENV ENGINE=external
CMD ["python", "-m", "bot"]

FROM base AS engine
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
USER atelier
# A worker that is well touches this file every 15 seconds.
HEALTHCHECK --interval=30s --start-period=10m CMD test -n "$(find /data/worker-0.ready -mmin -1)"
CMD ["python", "-m", "engine", "work"]
