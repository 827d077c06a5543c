#!/bin/sh
set -eu
crane config "$1"
crane digest "$1" | grep -v "^$" || true
