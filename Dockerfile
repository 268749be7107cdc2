# syntax=docker/dockerfile:1
#
# Patchday in a container: no shell, no package manager, not root, and only /data is written to.
#
# Both base images are named by tag. To pin them so that a rebuild cannot change under you, look the digest
# up and append it to the tag, here and wherever you note what runs in production:
#   docker buildx imagetools inspect node:24.21.0-trixie-slim --format '{{.Manifest.Digest}}'
#   FROM node:24.21.0-trixie-slim@sha256:<what it printed>

FROM node:24.21.0-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package runs a script of its own: better-sqlite3 brings its binaries along (glibc and musl, x64 and arm64).
RUN npm ci --omit=dev --ignore-scripts && mkdir /data

# The same Debian release as above, so that native modules find the C library they expect.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
# Node runs the TypeScript as it is, by stripping the types: there is no build step whose result could differ.
COPY src ./src
# 65532 is `nonroot` in distroless images. A new volume takes over the owner of the folder it covers.
COPY --from=dependencies --chown=65532:65532 /data /data

ENV NODE_ENV=production \
    PATCHDAY_CONFIG=/config/patchday.yaml
USER 65532:65532
# Relative paths in patchday.yaml, such as the defaults data/patchday.sqlite and data/reports, end up in /data.
WORKDIR /data
VOLUME /data
EXPOSE 8080
# On SIGTERM Patchday drains for up to 8 s; open runs go on at the next start.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The entry point of the image is node itself.
CMD ["/app/src/main.ts", "serve"]
