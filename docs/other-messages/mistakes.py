#!/usr/bin/env python3
"""What Python says about mistakes with shared memory.

    mistakes.py NAME   makes the object NAME, and removes it
"""
import mmap
import os
import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory


def say(what, mistake):
    try:
        mistake()
        print(f'{what}: no error')
    except OSError as error:
        print(f'{what}: {type(error).__name__}: {error.strerror}')
    except Exception as error:
        print(f'{what}: {type(error).__name__}: {error}')


def said_at_its_end(name, program):
    """What a process of its own writes to standard error, by its words."""
    lines = 'from multiprocessing import resource_tracker as tracker, shared_memory\n' + program
    said = subprocess.run([sys.executable, '-c', lines, name], stderr=subprocess.PIPE, text=True).stderr
    return [words for words in ('leaked shared_memory objects', 'KeyError') if words in said]


def main(name):
    say('opened before it is there', lambda: SharedMemory(name))
    memory = SharedMemory(name, create=True, size=100)
    say('created a second time', lambda: SharedMemory(name, create=True, size=100))
    print(f'asked for 100 bytes, opened with: {SharedMemory(name).size}')
    view = memory.buf[:8]
    say('closed while a view of it lives', memory.close)
    view.release()
    fd = os.open('/dev/shm' + name, os.O_RDWR)
    say('mapped longer than it is', lambda: mmap.mmap(fd, 200))
    os.truncate(fd, 0)
    say('opened before it has a size', lambda: SharedMemory(name))
    memory.close()
    memory.unlink()
    print('created, and not removed:', *said_at_its_end(
        name, 'import sys; shared_memory.SharedMemory(sys.argv[1], create=True, size=100)'))
    print('the tracker told twice to forget it:', *said_at_its_end(
        name, 'import sys; memory = shared_memory.SharedMemory(sys.argv[1], create=True, size=100)\n'
              'tracker.unregister(memory._name, "shared_memory"); memory.unlink()'))


main(sys.argv[1])
