#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# autogen.sh - make configure from a git checkout
cd "$(dirname "$0")" && exec autoreconf -fi
