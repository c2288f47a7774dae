#!/usr/bin/env python3
"""Programs that use a ring's ends call none of their functions: each is a part of the caller's loop.

    test_inlined.py NM PROGRAM...      PROGRAM: ring_bench, or another one that uses a ring

What a call is given is the address of the end, which then lies in memory, not in registers: each message costs stores
to it. One call on a path that is never taken is enough. It was the destructor, and took three quarters of the speed.
"""
import re
import subprocess
import sys

END = r'shm::(?:End|Byte(?:Producer|Consumer)|(?:Producer|Consumer)<.*>)::'

nm, *programs = sys.argv[1:]
for program in programs:
    names = subprocess.run([nm, '--demangle', program], capture_output=True, text=True, check=True).stdout
    if 'shm::ring::claim(' not in names:
        sys.exit(f'{program} uses no ring, or has no symbols: nothing can be seen in it')
    calls = sorted(set(re.findall(END + r'~?\w+(?:<.*>)?\(.*', names)))
    if calls:
        sys.exit('\n  '.join([f'{program}: not inlined, so its object lies in memory:', *calls]))
