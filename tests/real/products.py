# SPDX-License-Identifier: GPL-3.0-or-later
"""Print each ELF file below a directory: linked or object, hash, path."""
import hashlib
import os
import sys

for root, _, names in sorted(os.walk(sys.argv[1])):
    for name in sorted(names):
        path = os.path.join(root, name)
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, 'rb') as f:
            data = f.read()
        if data[:4] == b'\x7fELF':
            kind = 'object' if data[16] == 1 else 'linked'
            print(kind, hashlib.sha256(data).hexdigest(), path)
