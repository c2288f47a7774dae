"""Lesson 03's first program, in Python: tests/exercises lets it play the lesson's scenes."""
import ctypes
import os
import sys

IPC_CREAT, IPC_EXCL, SETVAL, SEM_UNDO = 0o1000, 0o2000, 16, 0x1000
key = int(sys.argv[sys.argv.index('--key') + 1], 0)
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
count = ctypes.c_int.from_address(libc.shmat(libc.shmget(key, 4, IPC_CREAT | 0o600), None, 0))
semid = libc.semget(key, 1, IPC_CREAT | IPC_EXCL | 0o600)
if semid == -1:
    semid = libc.semget(key, 1, 0o600)
else:
    libc.semctl(semid, 0, SETVAL, 1)


def change(by):
    libc.semop(semid, (ctypes.c_short * 3)(0, by, SEM_UNDO), 1)


change(-1)
print(f'Process {os.getpid()}: Entering critical section')
count.value += 1
print(f'Process {os.getpid()}: Updated count to {count.value}')
input('Press Enter to leave the critical section...\n')
print(f'Process {os.getpid()}: Exiting critical section')
change(1)
