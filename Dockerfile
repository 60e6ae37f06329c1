# One file for all services: docker build --build-arg SERVICE=identity .
# The image holds one static binary and the certificate authorities.

FROM golang:1.26 AS build
ARG SERVICE
WORKDIR /src
COPY . .
# GOWORK=off: each module builds from its own go.mod, siblings by their folder.
ENV CGO_ENABLED=0 GOCACHE=/go/build-cache GOWORK=off
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/build-cache \
    go build -C services/${SERVICE:?one of migrations, identity, packages, events} \
      -trimpath -ldflags='-s -w' -o /service ./cmd/${SERVICE}
RUN mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /service /service
# What a service keeps beside its database; a volume takes over the owner.
COPY --from=build --chown=65532:65532 /data /var/lib/devtrail
USER 65532:65532
ENTRYPOINT ["/service"]
# Asks the service's own gRPC health at <SERVICE>_ADDRESS. It starts for as long as migrations take; the first success ends the start.
HEALTHCHECK --interval=2s --timeout=4s --start-period=1h --retries=3 CMD ["/service", "health"]
