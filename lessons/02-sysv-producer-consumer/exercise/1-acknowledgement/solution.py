"""Exercise 02.1, one solution in Python: it acknowledges each message when it has used its text."""
import ctypes
import os
import sys
import time

# //! [checked calls]
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmat.restype = ctypes.c_void_p  # without it, ctypes cuts the address to 32 bits
FAILED = ctypes.c_void_p(-1).value    # what shmat returns then: -1, as an address


def check(result, call):
    """ctypes raises nothing when a call fails: this does."""
    if result in (-1, FAILED):
        raise OSError(ctypes.get_errno(), f'{call}: {os.strerror(ctypes.get_errno())}')
    return result
# //! [checked calls]


# //! [attach segment]
try:
    key = int(sys.argv[1], 0)  # 12346 or 0x303a: without the 0, int takes no 0x
    shmid = check(libc.shmget(key, 0, 0), 'shmget')
    address = check(libc.shmat(shmid, None, 0), 'shmat')
except OSError as error:
    sys.exit(f'consumer: {error.strerror}')
memory = (ctypes.c_char * 64).from_address(address)
numbers = memoryview(memory).cast('B').cast('I')  # messages, sent, taken
# //! [attach segment]

while numbers[0] == 0:
    time.sleep(0.001)
for number in range(numbers[2] + 1, numbers[0] + 1):
    while numbers[1] != number:
        time.sleep(0.001)
    text = bytes(memory[12:44]).partition(b'\0')[0]
    print('Received:', text.decode(), flush=True)
    numbers[2] = number  # from here on the producer may overwrite the text
print('Finished')
libc.shmdt(ctypes.c_void_p(address))
