#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The damaged inputs of bad-objects.sh once more, as objects of i386.
bits=32
. "${RTS_SRCDIR:?}/tests/integ/bad-objects.sh"
