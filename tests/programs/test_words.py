#!/usr/bin/env python3
"""How the ring copies messages, on x86-64: one of 17 to 64 bytes into its slot in words, a large one line by line.

    test_words.py NM OBJDUMP RING_BENCH

gcc copies it by loads of 16 bytes. Each joins two words that have just been written, which no store queue forwards: the
load waits for all older stores, those of earlier messages too. So messages of 24 bytes went at two thirds of the speed.
A large one it copies by `rep movs`, which brings the lines of another processor's cache more slowly. And both ends ask
for lines ahead.
"""
import re
import subprocess
import sys

nm, objdump, program = sys.argv[1:]
names = subprocess.run([nm, '--demangle', '--print-size', program], capture_output=True, text=True, check=True).stdout


def code_of(side, size):
    place = re.search(rf'^(\w+) (\w+) \w void ring_bench::{side}<ring_bench::OursOf<{size}ul, .*RingForCalls.*>, \(.*\)0>\(', names, re.M)
    if not place:
        sys.exit(f'{program} has no {side} of messages of {size} bytes: nothing can be seen in it')
    begin = int(place[1], 16)
    code = subprocess.run([objdump, '-d', '--no-show-raw-insn', f'--start-address={begin}',
                           f'--stop-address={begin + int(place[2], 16)}', program],
                          capture_output=True, text=True, check=True).stdout
    if len(code.splitlines()) < 50:
        sys.exit(f'too little code of {side} of {size} bytes')
    return code


for size in (24, 40, 64):
    wide = re.findall(r'\S+ +-?\w*\(%rsp\),%[xyz]mm\d+', code_of('produce', size))
    if wide:
        sys.exit('\n  '.join([f'messages of {size} bytes are copied by wide loads of what was written in words:', *wide]))

for side in ('produce', 'consume'):
    at_once = re.findall(r'rep movs.*|call .*mem(?:cpy|move).*', code_of(side, 1024))
    if at_once:
        sys.exit('\n  '.join([f'{side}: messages of 1024 bytes are not copied by lines:', *at_once]))
for side, size, asks in (('consume', 16, 'prefetcht0'), ('consume', 64, 'prefetcht0'), ('consume', 1024, 'prefetcht0'),
                         ('produce', 8, 'prefetchw'), ('produce', 16, 'prefetchw'), ('produce', 1024, 'prefetchw')):
    if asks not in code_of(side, size):
        sys.exit(f'{side}: no line of messages of {size} bytes is asked for ahead')
