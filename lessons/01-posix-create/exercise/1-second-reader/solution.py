"""Exercise 01.1, one solution in Python: it looks again every millisecond, and prints each new number."""
import mmap
import os
import sys
import time

# //! [find object]
try:
    fd = os.open('/dev/shm' + sys.argv[1], os.O_RDONLY)
except FileNotFoundError as error:
    sys.exit(f'follower: {error}')  # on standard error; status 1
while os.fstat(fd).st_size < 16:    # the object has no size yet
    time.sleep(0.001)
memory = mmap.mmap(fd, 16, access=mmap.ACCESS_READ)
# //! [find object]

# //! [typed views]
numbers = memoryview(memory).cast('I')        # 32 bits each: numbers[1] is bytes 4 to 7
count = memoryview(memory)[8:16].cast('Q')    # 64 bits: count[0] is bytes 8 to 15
while numbers[0] == 0:                        # each numbers[0] reads the memory anew
    time.sleep(0.001)
# //! [typed views]

last = 0
is_over = False
while not is_over:
    is_over = numbers[1] == 1  # before the number: after the last number comes no other
    now = count[0]
    if now != last:
        print(f'Count: {now}')
    last = now
    time.sleep(0.001)
print('The counter has ended')
