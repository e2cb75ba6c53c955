# The site: the web server by default; Celery, beat and manage.py by another command. Built from the repository's root:
#   docker build -f deploy/site.Dockerfile -t vidsite-site .
FROM node:22.21.1-bookworm-slim AS npm
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11.15-slim-bookworm AS pip
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt

FROM python:3.11.15-slim-bookworm

# ffmpeg, for the Celery workers that transcode. No versions: Debian takes one away when it mends the package.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg tini \
    && rm -rf /var/lib/apt/lists/*

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/var/lib/vidsite
WORKDIR /srv/vidsite
COPY --from=pip /opt/venv /opt/venv
COPY --from=npm /build/node_modules node_modules
COPY manage.py ./
COPY vidsite/ vidsite/
COPY uploads/ uploads/
COPY transcoding/ transcoding/
COPY progress/ progress/
COPY templates/ templates/

# The static files stay in the image, so that each version serves its own. The key signs nothing and is not kept.
RUN SECRET_KEY=only-for-this-step python manage.py collectstatic --no-input \
    && useradd --uid 10002 --no-create-home --shell /usr/sbin/nologin vidsite \
    && install --directory --owner vidsite --group vidsite --mode 0700 \
       "$VAR_DIR/store" "$VAR_DIR/work" "$VAR_DIR/run"
USER 10002

# Last, so that a new version alone builds nothing anew.
ARG VERSION=unknown
LABEL org.opencontainers.image.title="vidsite" \
      org.opencontainers.image.description="Open video ingest, transcoding and adaptive playback" \
      org.opencontainers.image.version="${VERSION}"

EXPOSE 8000
ENTRYPOINT ["tini", "--"]
CMD ["daphne", "--verbosity", "0", "-b", "0.0.0.0", "-p", "8000", "vidsite.asgi:application"]
