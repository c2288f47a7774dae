#!/usr/bin/env python3
"""Asks the kernel in five ways whether a process has died. The page How the kernel says that a process died shows it.

    tell.py hold NAME KEY   does what the lessons' processes do, so that others can see it alive; prints its number, and
                            waits until NAME is gone
    tell.py ask NAME KEY    asks in each of the five ways
    tell.py namesake NAME KEY --in pid   waits for the mutex, under the number of its owner, and is killed
    --early     of hold: stops as soon as it has created the object, the segment and the semaphore
    --fork      of hold: has a child
    --in pid    of ask: from another pid namespace; --in ipc: from another IPC namespace; both need root
"""
import argparse
import ctypes
import errno
import fcntl
import mmap
import os
import select
import signal
import struct
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
OFD_GETLK, OFD_SETLK, SEM_UNDO, GETVAL, SETVAL = 36, 37, 0x1000, 12, 16
NEW_NAMESPACE = {'pid': 0x20000000, 'ipc': 0x08000000}
MUTEX_SIZE = 64  # pthread_mutex_t has 40 bytes, or fewer
mappings = []    # each lasts as long as the process


def locked_byte(kind):
    return struct.pack('hhqqi4x', kind, os.SEEK_SET, 0, 1, 0)


def mutex_in(fd):
    """Maps the object: the mutex lies at its beginning."""
    mappings.append(ctypes.c_char.from_buffer(mmap.mmap(fd, MUTEX_SIZE)))
    return ctypes.c_void_p(ctypes.addressof(mappings[-1]))


def change(semid, by):
    libc.semop(semid, struct.pack('Hhh', 0, by, SEM_UNDO), 1)


# ---- hold ----

def create(name, key):
    """Creates an object, locked as in lesson 01, a segment and a semaphore: none of them is initialised yet."""
    fd = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    fcntl.fcntl(fd, OFD_SETLK, locked_byte(fcntl.F_WRLCK))
    return fd, libc.shmget(key, 4096, 0o1600), libc.semget(key, 1, 0o1600)


def initialise(fd, shmid, semid):
    """Attaches the segment, goes behind the semaphore, and locks a robust mutex in the object."""
    libc.shmat(shmid, None, 0)
    libc.semctl(semid, 0, SETVAL, 1)
    change(semid, -1)
    os.truncate(fd, MUTEX_SIZE)
    mutex, attributes = mutex_in(fd), ctypes.create_string_buffer(MUTEX_SIZE)
    libc.pthread_mutexattr_init(attributes)
    libc.pthread_mutexattr_setpshared(attributes, 1)
    libc.pthread_mutexattr_setrobust(attributes, 1)
    libc.pthread_mutex_init(mutex, attributes)
    libc.pthread_mutex_lock(mutex)


def hold(options):
    made = create(options.name, options.key)
    if not options.early:
        initialise(*made)
    me = os.getpid()
    if not options.fork or os.fork() != 0:
        done = 'created' if options.early else 'held'
        print(f'{done} by process {me}' + (', which has a child' if options.fork else ''), flush=True)
    while os.path.exists(options.name):
        time.sleep(0.01)


# ---- ask ----

def ask_lock(options):
    fd = os.open(options.name, os.O_RDONLY)
    answer = struct.unpack('hhqqi4x', fcntl.fcntl(fd, OFD_GETLK, locked_byte(fcntl.F_WRLCK)))
    os.close(fd)
    return 'held: alive' if answer[0] != fcntl.F_UNLCK else 'free: dead'


def creator(pid):
    if pid == 0:
        return 'is unknown'
    try:
        return 'has ended' if select.select([os.pidfd_open(pid)], [], [], 0)[0] else 'runs'
    except ProcessLookupError:
        return 'has ended'


def ask_attachments(options):
    rows = [line.split() for line in open('/proc/sysvipc/shm')][1:]
    found = next((row for row in rows if int(row[0]) == options.key), None)
    if not found:
        return 'no such segment here: cannot tell'
    attached, who = int(found[6]), creator(int(found[4]))
    verdict = 'alive' if attached else 'dead' if who == 'has ended' else 'cannot tell'
    return f'{attached}, its creator {who}: {verdict}'


def ask_semaphore(options):
    semid = libc.semget(options.key, 1, 0)
    if semid == -1:
        return 'no such semaphore here: cannot tell'
    return '1: dead' if libc.semctl(semid, 0, GETVAL) else '0: alive'


def ask_mutex(options):
    """There is no question without taking: what it takes, it gives back."""
    fd = os.open(options.name, os.O_RDWR)
    if os.fstat(fd).st_size == 0:
        return 'the object is empty: cannot tell'
    mutex = mutex_in(fd)
    error = libc.pthread_mutex_trylock(mutex)
    if error == errno.EOWNERDEAD:
        libc.pthread_mutex_consistent(mutex)
    if error != errno.EBUSY:
        libc.pthread_mutex_unlock(mutex)
    return {errno.EBUSY: 'locked: alive', errno.EOWNERDEAD: 'its owner died: dead', 0: 'free: dead'}[error]


def ask_lease(options):
    fd = os.open(options.name, os.O_RDWR)
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        return 'granted: dead'
    except BlockingIOError:
        return 'refused: alive'
    finally:
        os.close(fd)


def ask(options):
    for way, question in (('lock on a byte', ask_lock), ('attachments', ask_attachments),
                          ('semaphore with undo', ask_semaphore), ('lease', ask_lease), ('robust mutex', ask_mutex)):
        print(f'{way + ":":<21}{question(options)}', flush=True)


# ---- a number in two pid namespaces ----

def die_waiting(mutex, word):
    """Waits for the mutex in the main thread, whose number counts; the other one kills it there."""
    def kill():
        while not word.value & 0x80000000:  # FUTEX_WAITERS
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    threading.Thread(target=kill).start()
    libc.pthread_mutex_lock(mutex)


def namesake(options):
    mutex = mutex_in(os.open(options.name, os.O_RDWR))
    word = ctypes.c_uint32.from_address(mutex.value)  # glibc: the owner's number, and a bit or two
    owner = word.value & 0x3fffffff
    with open('/proc/sys/kernel/ns_last_pid', 'w') as last:
        last.write(str(owner - 1))
    if os.fork() == 0:
        die_waiting(mutex, word)
    ended, status = os.wait()
    print('a process with the number of the owner was killed:', ended == owner and os.WIFSIGNALED(status))


def enter_another(namespace):
    """Of the pid namespace a process that calls this stays outside; its children are in it."""
    if libc.unshare(NEW_NAMESPACE[namespace]) != 0:
        raise OSError(ctypes.get_errno(), f'--in {namespace} needs root: unshare: {os.strerror(ctypes.get_errno())}')


def act(options):
    if options.namespace:
        enter_another(options.namespace)
    if options.namespace == 'pid' and os.fork() != 0:
        return os.waitstatus_to_exitcode(os.wait()[1])
    return {'hold': hold, 'ask': ask, 'namesake': namesake}[options.what](options)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['hold', 'ask', 'namesake'])
    parser.add_argument('name', type=lambda name: '/dev/shm' + name)
    parser.add_argument('key', type=lambda key: int(key, 0))
    parser.add_argument('--early', action='store_true')
    parser.add_argument('--fork', action='store_true')
    parser.add_argument('--in', dest='namespace', choices=['pid', 'ipc'])
    options = parser.parse_args()
    try:
        return act(options)
    except OSError as error:
        return 'tell.py: ' + (f'{error.filename}: ' if error.filename else '') + error.strerror


raise SystemExit(main())
