# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""How Sphinx builds the guides."""
project = "tailrace"
copyright = "2026 The tailrace authors"
master_doc = "index"
html_theme = "sphinx_rtd_theme"
html_show_sourcelink = False
highlight_language = "none"
