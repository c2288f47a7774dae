"""Lesson 04's receiver, in Python: tests/exercises lets it play the lesson's scenes."""
import fcntl
import mmap
import os
import socket
import sys

F_GET_SEALS, SHRINK, WRITE = 1034, 2, 8
sender = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
sender.connect('\0' + sys.argv[sys.argv.index('--socket') + 1])
_, (memfd,), _, _ = socket.recv_fds(sender, 1, 1)
seals = fcntl.fcntl(memfd, F_GET_SEALS)
if not (seals & SHRINK and seals & WRITE):
    sys.exit('it could still change')
size = os.fstat(memfd).st_size
memory = mmap.mmap(memfd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
print(f'Got it as descriptor {memfd}, {size} bytes:', memory[:].split(b'\0')[0].decode())
