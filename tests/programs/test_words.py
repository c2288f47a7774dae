#!/usr/bin/env python3
"""A message of 17 to 64 bytes is copied into its slot in words, on x86-64.

    test_words.py NM OBJDUMP RING_BENCH

gcc copies it by loads of 16 bytes. Each joins two words that have just been written, which no store queue forwards: the
load waits for all older stores, those of earlier messages too. So messages of 24 bytes went at two thirds of the speed.
"""
import re
import subprocess
import sys

nm, objdump, program = sys.argv[1:]
names = subprocess.run([nm, '--demangle', '--print-size', program], capture_output=True, text=True, check=True).stdout
for size in (24, 40, 64):
    place = re.search(rf'^(\w+) (\w+) \w void ring_bench::produce<ring_bench::OursOf<{size}ul, .*>, \(.*\)0>\(', names, re.M)
    if not place:
        sys.exit(f'{program} has no producer of messages of {size} bytes: nothing can be seen in it')
    begin = int(place[1], 16)
    code = subprocess.run([objdump, '-d', '--no-show-raw-insn', f'--start-address={begin}',
                           f'--stop-address={begin + int(place[2], 16)}', program],
                          capture_output=True, text=True, check=True).stdout
    if len(code.splitlines()) < 50:
        sys.exit(f'too little code of the producer of {size} bytes')
    wide = re.findall(r'\S+ +-?\w*\(%rsp\),%[xyz]mm\d+', code)
    if wide:
        sys.exit('\n  '.join([f'messages of {size} bytes are copied by wide loads of what was written in words:', *wide]))
