"""Lesson 02's producer, in Python: tests/exercises lets it play the lesson's scenes."""
import ctypes
import struct
import sys
import time

MAGIC, VERSION, ABI, SIZE, EMPTY, FULL = 0x746f6c7365676d31, 2, 0x854, 288, 0, 1
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
key, messages = int(options['--key'], 0), int(options.get('--messages', 5))
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
shmid = libc.shmget(key, SIZE, 0o3600)  # IPC_CREAT, IPC_EXCL, and 0600
slot = (ctypes.c_char * SIZE).from_address(libc.shmat(shmid, None, 0))
numbers = memoryview(slot).cast('B').cast('I')
struct.pack_into('HHII', slot, 8, VERSION, ABI, SIZE, messages)
memoryview(slot).cast('B').cast('Q')[0] = MAGIC
print('Producer: Shared memory initialized')
print('Shared memory ID:', shmid)
for number in range(1, messages + 1):
    numbers[7] = number
    slot[32:288] = f'Message number {number} from producer'.encode().ljust(256, b'\0')
    numbers[6] = FULL
    print('Producer: Sent message', number)
    while numbers[6] != EMPTY:
        time.sleep(0.001)
print('Producer: Finished')
libc.shmctl(shmid, 0, None)
