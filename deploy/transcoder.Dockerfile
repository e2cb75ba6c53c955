# The transcoder, and nothing else: no Django, no database, no secrets of the site. Built from the repository's root:
#   docker build -f deploy/transcoder.Dockerfile -t vidsite-transcoder .
# What it is to do comes in its environment: VIDSITE_START_URL and VIDSITE_TOKEN (docs/protocol.md, 6).
FROM python:3.11.15-slim-bookworm

# Debian takes a package's version away when it mends it: a pin would stop the build on the day it matters.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg tini \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/transcoder
COPY transcoding/worker/requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
COPY transcoding/__init__.py transcoding/__init__.py
COPY transcoding/worker/ transcoding/worker/

# The only place it writes to. A volume takes its owner and mode from the directory that is here when it is declared.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin transcoder \
    && install --directory --owner transcoder --group transcoder --mode 0700 /scratch
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/scratch \
    VIDSITE_WORK_DIR=/scratch
USER 10001
VOLUME ["/scratch"]

# Last, so that a new version alone builds nothing anew.
ARG VERSION=unknown
LABEL org.opencontainers.image.title="vidsite transcoder" \
      org.opencontainers.image.description="Turns one video into renditions, reports to the site, and ends" \
      org.opencontainers.image.version="${VERSION}"

# -s: it also reaps what ffmpeg leaves when a platform puts an init of its own before this one.
ENTRYPOINT ["tini", "-s", "--", "python", "-m", "transcoding.worker"]
