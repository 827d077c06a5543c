# FROM registry.example.com/shop/tools would be too much
ARG REGISTRY=registry.example.com/elsewhere
ARG VERSION
FROM --platform=linux/amd64 ${REGISTRY}/base:${VERSION} AS base
FROM base
COPY . .
