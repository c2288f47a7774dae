"""Lesson 04's sender, in Python: tests/exercises lets it play the lesson's scenes."""
import fcntl
import os
import socket
import sys

F_ADD_SEALS, SEAL, SHRINK, GROW, WRITE = 1033, 1, 2, 4, 8
memfd = os.memfd_create('mine', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
os.write(memfd, b'Hello from a memfd'.ljust(4096, b'\0'))
if '--unsealed' not in sys.argv:
    fcntl.fcntl(memfd, F_ADD_SEALS, SEAL | SHRINK | GROW | WRITE)
door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
door.bind('\0' + sys.argv[sys.argv.index('--socket') + 1])
door.listen(1)
print('Waiting for a receiver')
receiver, _ = door.accept()
socket.send_fds(receiver, [b'\0'], [memfd])
print(f'Handed over, as descriptor {memfd} of this process')
