"""Lesson 02's consumer, in Python: tests/exercises lets it play the lesson's scenes."""
import ctypes
import struct
import sys
import time

MAGIC, EMPTY, FULL = 0x746f6c7365676d31, 0, 1
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
key, messages = int(options['--key'], 0), int(options.get('--messages', 5))
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
print('consumer: waits for a producer', file=sys.stderr)
while (shmid := libc.shmget(key, 0, 0)) == -1:
    time.sleep(0.001)
slot = (ctypes.c_char * 288).from_address(libc.shmat(shmid, None, 0))


def at(offset, kind='I'):
    return struct.unpack_from(kind, slot, offset)[0]


while at(0, 'Q') != MAGIC:
    time.sleep(0.001)
struct.pack_into('I', slot, 20, 1)
libc.shmctl(shmid, 0, None)
print('Consumer: Connected to shared memory')
print('Shared memory ID:', shmid)
for _ in range(messages):
    while at(24) != FULL:
        time.sleep(0.001)
    text = bytes(slot[32:288]).split(b'\0')[0].decode()
    print(f'Consumer: Received - Counter: {at(28)}, Message: {text}')
    struct.pack_into('I', slot, 24, EMPTY)
print('Consumer: Finished and cleaned up')
