#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# What meson install runs: build the guides into the folder that is named below the prefix.
set -euo pipefail

target=$MESON_INSTALL_DESTDIR_PREFIX/$1
doctrees=$(mktemp -d)
trap 'rm -rf "$doctrees"' EXIT
sphinx-build -W -q -b html -d "$doctrees" "$MESON_SOURCE_ROOT/doc/guides" "$target"
rm -rf "$target/.buildinfo" "$target/objects.inv"
