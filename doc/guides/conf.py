# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""How Sphinx builds the guides and the manual pages."""
project = "tailrace"
copyright = "2026 The tailrace authors"
master_doc = "index"
html_theme = "sphinx_rtd_theme"
html_show_sourcelink = False
html_copy_source = False
highlight_language = "none"
smartquotes = False  # options begin with two dashes
man_pages = [
    ("man/tailrace", "tailrace", "memcached server on a userspace TCP/IP stack",
     "The tailrace authors", 8),
    ("man/tailrace-bench", "tailrace-bench", "measure what the send path of tailrace costs",
     "The tailrace authors", 1),
]
