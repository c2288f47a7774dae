#!/usr/bin/env python3
"""What ends a lock that Python takes, and what does not. Another process asks each time.

    locks.py NAME   makes the object NAME, and removes it
"""
import fcntl
import mmap
import multiprocessing
import os
import signal
import struct
import sys


# //! [two locks]
def lock_of_the_process(fd):
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0)  # one byte, from byte 0 on


def lock_of_the_open_file(fd):  # struct flock of a 64-bit machine: type, whence, start, length, pid
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
# //! [two locks]


def in_a_child(action):
    """Returns how a child ended that did it."""
    child = os.fork()
    if child == 0:
        action()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def ask(name):
    def lock():
        try:
            lock_of_the_process(os.open(name, os.O_RDWR))
        except OSError:
            os._exit(1)
    return 'taken' if in_a_child(lock) else 'free'


def main(name):
    # //! [close mapping]
    for lock in (lock_of_the_process, lock_of_the_open_file):
        fd = os.open(name, os.O_CREAT | os.O_RDWR, 0o600)
        os.truncate(fd, 4096)
        lock(fd)
        memory = mmap.mmap(fd, 4096)
        print(f'{lock.__name__}, mapped: {ask(name)}')
        memory.close()
        print(f'{lock.__name__}, the mapping closed: {ask(name)}')
        os.close(fd)
    # //! [close mapping]
    os.unlink(name)

    # //! [killed holder]
    mutex = multiprocessing.get_context('fork').Lock()

    def hold_and_die():
        mutex.acquire()
        os.kill(os.getpid(), signal.SIGKILL)
    in_a_child(hold_and_die)
    print('multiprocessing.Lock, its holder killed:', 'free' if mutex.acquire(block=False) else 'taken')
    # //! [killed holder]


main('/dev/shm' + sys.argv[1])
