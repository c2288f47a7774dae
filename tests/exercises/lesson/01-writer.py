"""Lesson 01's writer, in Python: tests/exercises lets it play the lesson's scenes."""
import fcntl
import mmap
import os
import struct
import sys

file = '/dev/shm' + sys.argv[sys.argv.index('--name') + 1]
fd = os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
# A write lock on bytes 0 and 1, of the open file description: F_OFD_SETLK.
fcntl.fcntl(fd, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 2, 0))
os.ftruncate(fd, 4096)
memory = mmap.mmap(fd, 4096)
struct.pack_into('HHI', memory, 8, 1, 0x854, 128)
text = b'Hello from shared memory!'
memory[16:16 + len(text)] = text
memoryview(memory).cast('Q')[0] = 0x676e697465657247
print('Data written to shared memory:', text.decode())
input('Press Enter to continue...\n')
os.unlink(file)
