#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
# Measure tailrace beside memcached, on the same two CPUs and by the same load: doc/guides/compare.rst.
set -euo pipefail

export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$(dirname "$0")/compare.py" "$@"
