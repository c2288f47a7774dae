#!/usr/bin/env python3
"""What doctor says of things that other programs made, and what it removes.

Runs in an IPC and a mount namespace of its own, with a /dev/shm of its own, so that every thing in
them was made here; with CONTAINER set, in a pid namespace of its own as well. Prints "skipped:
reason" where that is not allowed.
"""
import contextlib
import ctypes
import json
import mmap
import os
import pathlib
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from own_namespaces import can_be_others, enter_own_namespaces  # noqa: E402
from schema import Schema  # noqa: E402
from traced import injecting  # noqa: E402

DOCTOR = os.environ['DOCTOR']
SCHEMA = Schema(os.environ['SCHEMA'])
libc = ctypes.CDLL(None, use_errno=True)
for function in ('shmat', 'sem_open'):
    getattr(libc, function).restype = ctypes.c_void_p
IPC_CREAT, IPC_RMID = 0o1000, 0


def sure(result):
    if result in (-1, None, 2**64 - 1):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def run(*words, **more):
    return subprocess.run([DOCTOR, *words], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=240, **more)


def look(*words, **more):
    """What doctor says, read by Python's reader and held against the schema."""
    done = run('--json', *words, **more)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.decode('ascii'))
    SCHEMA.check(report)
    return report


def thing(target, report=None):
    found = [each for each in (report or look())['objects'] if each['target'] == target]
    assert len(found) == 1, f'{target}: {found}'
    return found[0]


def targets():
    """Only what is in our namespaces: other programs of the machine may have memfds."""
    return {each['target'] for each in look()['objects']
            if each['kind'] not in ('memfd', 'nameless object')}


def codes(target):
    return {each['code'] for each in look(target)['findings']}


def escaped(name):
    return ''.join(chr(byte) if 32 <= byte < 127 and byte != 92 else
                   '\\\\' if byte == 92 else f'\\x{byte:02x}' for byte in name)


def object_file(name, size=4096, mode=0o600):
    fd = os.open(b'/dev/shm/' + (name if isinstance(name, bytes) else name.encode()),
                 os.O_CREAT | os.O_EXCL | os.O_RDWR, mode)
    os.fchmod(fd, mode)
    os.ftruncate(fd, size)
    return fd


def fork():
    """A child that never outlives this process, should a test fail."""
    pid = os.fork()
    if pid == 0:
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    return pid


@contextlib.contextmanager
def processes(count, action):
    """Processes that do something and then live, until the block ends."""
    pids = []
    try:
        for _ in range(count):
            ready, says = os.pipe()
            pid = fork()
            if pid == 0:
                try:
                    kept = action()  # a descriptor or mapping: closed with its last name
                    os.write(says, b'.')
                    while True:
                        signal.pause()
                finally:
                    os._exit(1)
            pids.append(pid)
            os.close(says)
            assert os.read(ready, 1) == b'.', 'the process has failed'
            os.close(ready)
        yield pids
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def change(semaphores, index):
    """Adds 1: from then on the kernel knows who was the last to change that semaphore."""
    sure(libc.semop(semaphores, (ctypes.c_short * 3)(index, 1, 0), 1))


def used_set():
    """A set of which the kernel knows who used it: this process."""
    semaphores = sure(libc.semget(0, 2, 0o600))
    change(semaphores, 0)
    change(semaphores, 1)
    return semaphores


def half_used_set():
    semaphores = sure(libc.semget(0, 2, 0o600))
    change(semaphores, 0)
    return semaphores


def used_queue():
    queue = sure(libc.msgget(0, 0o600))
    sure(libc.msgsnd(queue, ctypes.create_string_buffer(b'\1' + bytes(15)), 1, 0))
    return queue


def in_dead_process(action):
    """What the action returned, a number, in a process that has ended since."""
    ready, says = os.pipe()
    pid = fork()
    if pid == 0:
        try:
            os.write(says, str(action()).encode())
        finally:
            os._exit(0)
    os.close(says)
    text = os.read(ready, 64)
    os.close(ready)
    os.waitpid(pid, 0)
    return int(text)


def attach(segment):
    return lambda: sure(libc.shmat(segment, None, 0))


def mapped(fd, length=4096):
    return lambda: mmap.mmap(fd, length)


def pids_of(object_seen):
    return [user['pid'] for user in object_seen['users']]


def until(condition):
    end = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < end, 'it never came true'
        time.sleep(0.01)


def has_lease(facts, state):
    """Whether a lease on the file of these facts is ACTIVE, or BREAKING: a process waits in open()."""
    file = f'{os.major(facts.st_dev):02x}:{os.minor(facts.st_dev):02x}:{facts.st_ino}'
    return any(line.split()[1:3] == ['LEASE', state] and line.split()[5] == file
               for line in pathlib.Path('/proc/locks').read_text().splitlines())


@contextlib.contextmanager
def program(*words):
    """One of the helpers, once it has said that it is ready; ended with its input."""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        try:
            assert started.stdout.readline() == b'ready\n'
            yield started
        finally:
            started.stdin.close()
            assert started.wait(240) == 0


def unknown_waits(report):
    """Of how many processes it is not known whether they wait for a queue or set."""
    waits = re.search(r'of (\d+) process(?:es)? it is not known whether they wait', ' '.join(report['unseen']))
    return int(waits[1]) if waits else 0


def program_of_32_bits(code, texts):
    """A program of a PC's 32 bits: `code` makes what it runs, given where its texts are."""
    begin, head = 0x08048000, 84  # where it is loaded, and what stands before its code
    body = code(begin + head + len(code(0))) + texts
    file = struct.pack('<16sHHIIIIIHHHHHH', b'\x7fELF\1\1\1', 2, 3, 1, begin + head, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    file += struct.pack('<IIIIIIII', 1, 0, begin, begin, head + len(body), head + len(body), 7, 4096)
    return file + body


CALL = b'\xcd\x80'  # of the kernel, in a program of 32 bits


def says_ready(texts):
    return b'\xb8\4\0\0\0\xbb\1\0\0\0\xb9' + struct.pack('<I', texts) + b'\xba\6\0\0\0' + CALL  # write(1, "ready\n", 6)


ENDS = b'\xb8\1\0\0\0\x31\xdb' + CALL  # exit(0)


def mapper_of_32_bits(path):
    """It maps the file, says that it is ready, and waits for its input to end."""
    def code(texts):
        return (b'\xb8\5\0\0\0\xbb' + struct.pack('<I', texts + 6) + b'\xb9\2\0\0\0' + CALL + b'\x89\xc7'  # edi = open(path, O_RDWR)
                b'\xb8\xc0\0\0\0\x31\xdb\xb9\0\x10\0\0\xba\3\0\0\0\xbe\1\0\0\0\x31\xed' + CALL  # mmap2
                + says_ready(texts)
                + b'\xb8\3\0\0\0\x31\xdb\xb9' + struct.pack('<I', texts) + b'\xba\1\0\0\0' + CALL  # read(0, ..., 1)
                + ENDS)
    return program_of_32_bits(code, b'ready\n' + path + b'\0')


def waiter_of_32_bits(call, number, count, operand):
    """It waits in one of the calls that are ipc(call, number, count, 0, operand, 0) there, until that fails."""
    def code(texts):
        return (says_ready(texts) + b'\xb8\x75\0\0\0'  # 117
                + b'\xbb' + struct.pack('<I', call) + b'\xb9' + struct.pack('<I', number) + b'\xba' + struct.pack('<I', count)
                + b'\x31\xf6\xbf' + struct.pack('<I', texts + 6) + b'\x31\xed' + CALL + ENDS)
    return program_of_32_bits(code, b'ready\n' + operand)


def is_contained():
    return os.readlink('/proc/self/ns/pid') != 'pid:[4026531836]'


def is_real_root():
    return os.getuid() == 0 and os.readlink('/proc/self/ns/user') == 'user:[4026531837]'


def sees_nearly_all():
    """Elsewhere the processes that may not be looked into are many, and come and go: one more is not told apart."""
    return is_real_root() or is_contained()


class Sees(unittest.TestCase):
    """It sees what other programs make, and who has it."""

    def test_python_shared_memory(self):
        code = ('from multiprocessing import shared_memory; import sys; '
                'm = shared_memory.SharedMemory("from_python", create=True, size=5000); '
                'print("ready", flush=True); sys.stdin.read(); m.close(); m.unlink()')
        with program(sys.executable, '-c', code) as python:
            seen = thing('/from_python')
            self.assertEqual(seen['kind'], 'object')
            self.assertEqual((seen['size'], seen['mode'], seen['uid']), (5000, '0600', os.getuid()))
            (user,) = seen['users']  # not its resource tracker, which only knows the name
            self.assertEqual(user['pid'], python.pid)
            self.assertTrue(user['mappings'] >= 1 and user['open'] and not user['waits'], user)
            self.assertEqual(codes('/from_python'), set())

    @unittest.skipUnless(os.environ.get('BOOST_SEGMENT'), 'no Boost here')
    def test_boost_segment(self):
        with program(os.environ['BOOST_SEGMENT'], 'from_boost') as boost:
            seen = thing('/from_boost')
            self.assertEqual((seen['kind'], seen['size']), ('object', 65536))
            self.assertEqual(pids_of(seen), [boost.pid])
            self.assertEqual(seen['users'][0]['program'], pathlib.Path(boost.args[0]).name[:15])
        self.assertNotIn('/from_boost', targets())

    def test_named_semaphore(self):
        sure(libc.sem_open(b'/from_c', os.O_CREAT, 0o600, 1))
        seen = thing('sem:/from_c')
        self.assertEqual((seen['kind'], seen['name'], seen['size']), ('semaphore', 'from_c', 32))
        self.assertEqual(pids_of(seen), [os.getpid()])
        self.assertFalse(seen['users'][0]['open'])  # sem_open maps it, and closes it
        libc.sem_unlink(b'/from_c')

    def test_memfd(self):
        fd = os.memfd_create('frame\nbuffer', os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, 8192)
        os.pwrite(fd, b'x', 0)
        target = f'memfd:{os.fstat(fd).st_ino}'
        with processes(2, mapped(fd)) as pids:
            seen = thing(target)
            self.assertEqual((seen['name'], seen['size'], seen['resident'], seen['seals']),
                             ('frame\\x0abuffer', 8192, 4096, []))
            self.assertEqual(pids_of(seen), sorted([os.getpid(), *pids]))
            self.assertEqual([user['mappings'] for user in seen['users']],
                             [int(pid != os.getpid()) for pid in pids_of(seen)])
            self.assertEqual(codes(target), {'unsealed'})
            libc.fcntl(fd, 1033, 2 | 4)  # F_ADD_SEALS, shrink and grow
            self.assertEqual(thing(target)['seals'], ['shrink', 'grow'])
            self.assertEqual(codes(target), set())
        os.close(fd)
        self.assertNotIn(target, {each['target'] for each in look()['objects']})

    def test_a_memfd_that_takes_no_seals(self):
        fd = os.memfd_create('sealless', 0)
        target = f'memfd:{os.fstat(fd).st_ino}'
        os.ftruncate(fd, 4096)
        with processes(2, mapped(fd)):
            found = [each for each in look(target)['findings'] if each['code'] == 'unsealed']
            self.assertIn('make it anew with MFD_ALLOW_SEALING', found[0]['advice'])
        os.close(fd)

    def test_a_memfd_that_no_process_can_make_executable(self):
        fd = libc.memfd_create(b'no_program', 8)  # MFD_NOEXEC_SEAL
        if fd == -1:
            self.skipTest('this kernel has no such seal')
        self.assertEqual(thing(f'memfd:{os.fstat(fd).st_ino}')['seals'], ['exec'])
        os.close(fd)

    def test_memfd_that_is_mapped_and_not_open(self):
        fd = os.memfd_create('closed')
        os.ftruncate(fd, 4096)
        inode = os.fstat(fd).st_ino
        memory = libc.mmap
        memory.restype = ctypes.c_void_p
        address = sure(memory(None, 4096, 3, 1, fd, ctypes.c_long(0)))
        os.close(fd)
        seen = thing(f'memfd:{inode}')
        self.assertEqual(pids_of(seen), [os.getpid()])
        self.assertEqual(seen['users'][0]['mappings'], 1)
        libc.munmap(ctypes.c_void_p(address), 4096)

    def test_each_kind_has_the_members_that_the_schema_promises(self):
        """The schema cannot say which kind has which; a member that is missing would pass it."""
        posix, system_v = {'inode', 'links'}, {'id', 'key', 'owner', 'last'}
        segment = sure(libc.shmget(0, 4096, 0o600))
        semaphores, queue = used_set(), used_queue()
        fd, memory = object_file('members'), os.memfd_create('members')
        os.ftruncate(memory, 4096)
        sure(libc.sem_open(b'/members', os.O_CREAT, 0o600, 1))
        report = look()
        own = {f'segment:{segment}': system_v | {'creator', 'attached', 'unseen_attached', 'removed'},
               f'semaphore:{semaphores}': system_v | {'semaphores', 'waiting'},
               f'queue:{queue}': system_v | {'messages'},
               f'memfd:{os.fstat(memory).st_ino}': posix | {'seals'}, '/members': posix, 'sem:/members': posix}
        common = set(SCHEMA.whole['$defs']['object']['required'])
        for target, members in own.items():
            self.assertEqual(set(thing(target, report)), common | members, target)
        self.assertEqual(set().union(common, *own.values()), set(SCHEMA.whole['$defs']['object']['properties']))
        libc.sem_unlink(b'/members')
        os.unlink('/dev/shm/members')
        os.close(fd)
        os.close(memory)
        libc.shmctl(segment, IPC_RMID, None)
        libc.semctl(semaphores, 0, IPC_RMID)
        libc.msgctl(queue, IPC_RMID, None)

    def test_system_v_queue(self):
        queue = sure(libc.msgget(0x1234, IPC_CREAT | 0o600))
        sure(libc.msgsnd(queue, ctypes.create_string_buffer(b'\1' + bytes(7) + b'hello'), 5, 0))
        seen = thing(f'queue:{queue}')
        self.assertEqual((seen['key'], seen['size'], seen['messages'], seen['mode']),
                         (0x1234, 5, 1, '0600'))
        self.assertEqual([past['pid'] for past in seen['last']], [os.getpid()])
        libc.msgctl(queue, IPC_RMID, None)

    def test_what_takes_memory(self):
        """Of the pages those that were touched, in bytes."""
        page = os.sysconf('SC_PAGESIZE')
        fd = object_file('touched', 8 * page)
        os.pwrite(fd, b'x' * 3 * page, 0)
        os.close(fd)
        segment = sure(libc.shmget(0, 8 * page, 0o600))
        address = sure(libc.shmat(segment, None, 0))
        ctypes.memset(address, 1, 2 * page)
        swapped = next(line.split()[15] for line in open('/proc/sysvipc/shm') if line.split()[1] == str(segment))
        self.assertEqual(thing('/touched')['resident'], 3 * page)
        self.assertEqual(thing(f'segment:{segment}')['resident'], 2 * page - int(swapped))
        libc.shmdt(ctypes.c_void_p(address))
        libc.shmctl(segment, IPC_RMID, None)
        os.unlink('/dev/shm/touched')

    def test_segment_with_many_attached(self):
        segment = sure(libc.shmget(0, 1 << 20, 0o600))
        with processes(30, attach(segment)) as pids:
            seen = thing(f'segment:{segment}')
            self.assertEqual(pids_of(seen), sorted(pids))
            self.assertEqual((seen['attached'], seen['unseen_attached']), (30, 0))
            self.assertEqual(seen['creator']['pid'], os.getpid())
            self.assertTrue(seen['creator']['alive'])
            self.assertIn(seen['last'][0]['pid'], pids)
            self.assertEqual((seen['size'], seen['resident']), (1 << 20, 0))  # nobody has touched it
            table = run().stdout.decode()
            self.assertIn('and 27 more', table)
            self.assertTrue(all(str(pid) in run(f'segment:{segment}').stdout.decode() for pid in pids))
        libc.shmctl(segment, IPC_RMID, None)

    def test_attachments_are_no_processes(self):
        segment = sure(libc.shmget(0, 3 * 4096, 0o600))

        def split():
            memory = sure(libc.shmat(segment, None, 0))
            sure(libc.mprotect(ctypes.c_void_p(memory + 4096), 4096, 1))
        with processes(1, split) as pids:
            seen = thing(f'segment:{segment}')
            self.assertEqual((seen['attached'], pids_of(seen), seen['users'][0]['mappings']), (3, pids, 3))
            libc.shmctl(segment, IPC_RMID, None)
            (finding,) = look(f'segment:{segment}')['findings']
            self.assertIn('the last of 3 attachments', finding['text'])

    def test_unlinked_object_still_mapped(self):
        fd = object_file('gone')
        inode = os.fstat(fd).st_ino
        with processes(1, mapped(fd)) as pids:
            os.unlink('/dev/shm/gone')
            os.close(fd)
            seen = thing(f'nameless:{inode}')
            self.assertEqual((seen['name'], pids_of(seen)), ('gone', pids))
            refused = run('--mend', f'nameless:{inode}')
            self.assertEqual(refused.returncode, 1)
            self.assertIn(str(pids[0]).encode(), refused.stderr)

    def test_what_lies_in_folders(self):
        os.makedirs('/dev/shm/d/e')
        fd = object_file('d/x', 50000)
        os.close(object_file('d/e/sem.y'))
        self.assertEqual(targets(), {'/d/x', '/d/e/sem.y'})
        seen = thing('/d/x')
        self.assertEqual((seen['kind'], seen['size'], pids_of(seen)), ('object', 50000, [os.getpid()]))
        self.assertEqual(run('--mend', '/d/x').returncode, 1)
        os.close(fd)
        (finding,) = look('/d/x')['findings']
        subprocess.run(['bash', '-c', finding['command']], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(targets(), {'/d/e/sem.y'})
        self.assertEqual(run('--mend', '/d/e/sem.y').returncode, 0)
        os.removedirs('/dev/shm/d/e')

    def test_a_link_in_the_place_of_a_folder_is_not_followed(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            pathlib.Path(elsewhere, 'x').write_text('not ours')
            os.symlink(elsewhere, '/dev/shm/d')
            self.assertEqual(targets(), set())
            self.assertEqual(run('--mend', '/d/x').returncode, 1)
            self.assertTrue(os.path.exists(f'{elsewhere}/x'))
        os.unlink('/dev/shm/d')

    def test_it_says_what_it_does_not_look_at(self):
        os.mkfifo('/dev/shm/pipe')
        deep = '/dev/shm' + '/d' * 20
        os.makedirs(deep)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(['mount', '-t', 'tmpfs', 'other', folder], check=True)
            pathlib.Path(folder, 'x').write_bytes(bytes(64 << 20))
            report = look()
            subprocess.run(['umount', folder], check=True)
            self.assertIn(f'{folder} (tmpfs, 64 MiB)', report['not_looked_at'][0])
            said = ' '.join(report['unseen'])
            self.assertIn('/dev/shm/pipe', said)
            self.assertIn('too deep: /dev/shm' + '/d' * 17, said)
            self.assertNotIn('64 MiB', ' '.join(look()['not_looked_at']))
        os.unlink('/dev/shm/pipe')
        os.removedirs(deep)

    def test_an_object_that_lost_its_name_while_it_is_used(self):
        fd = object_file('ring')
        target = f'nameless:{os.fstat(fd).st_ino}'
        with processes(2, mapped(fd)) as pids:
            os.close(fd)
            os.unlink('/dev/shm/ring')
            (finding,) = look(target)['findings']
            self.assertEqual((finding['code'], finding['severity']), ('lost-name', 'note'))
            os.close(object_file('ring'))
            (finding,) = look(target)['findings']
            self.assertEqual((finding['code'], finding['severity']), ('lost-name', 'warning'))
            self.assertIn('/ring is another object', finding['text'])
            for pid in pids:
                self.assertIn(str(pid), finding['advice'])
        os.unlink('/dev/shm/ring')

    def test_an_object_that_has_no_name_yet(self):
        fd = os.open('/dev/shm', os.O_TMPFILE | os.O_RDWR, 0o600)
        target = f'nameless:{os.fstat(fd).st_ino}'
        self.assertEqual(codes(target), set())
        sure(libc.linkat(-100, f'/proc/self/fd/{fd}'.encode(), -100, b'/dev/shm/late', 0x400))  # AT_SYMLINK_FOLLOW
        with processes(1, lambda: os.open('/dev/shm/late', os.O_RDWR)):
            os.unlink('/dev/shm/late')  # to us it is "#123 (deleted)", to them "/dev/shm/late (deleted)"
            self.assertEqual((thing(target)['name'], codes(target)), ('late', {'lost-name'}))
        os.close(fd)

    def test_what_could_not_be_read_is_said(self):
        def said(path, *inject):
            words = injecting(*inject, paths=[path])
            if not words:
                self.skipTest('needs strace')
            done = subprocess.run([*words, DOCTOR, '--json'], capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return ' '.join(json.loads(done.stdout)['unseen'])
        os.mkdir('/dev/shm/d')
        os.close(object_file('d/x'))
        for path, call, text in (('/dev/shm', 'getdents64', 'could not be read, or too deep: /dev/shm/'),
                                 ('/dev/shm/d', 'getdents64', 'too deep: /dev/shm/d/'),
                                 ('/proc/sysvipc/sem', 'read', '/proc/sysvipc/sem could not be read'),
                                 ('/proc', 'getdents64', '/proc could not be read to its end')):
            with self.subTest(path):
                self.assertNotIn(text, said(path))
                self.assertIn(text, said(path, f'{call}:error=ENOMEM'))
        os.unlink('/dev/shm/d/x')
        os.rmdir('/dev/shm/d')

    @unittest.skipUnless(sees_nearly_all(), 'too many processes may not be looked into')
    def test_a_process_of_which_not_all_could_be_read_is_counted(self):
        fd, queue = object_file('half_read'), sure(libc.msgget(0, 0o600))

        self.addCleanup(os.unlink, '/dev/shm/half_read')
        self.addCleanup(libc.msgctl, queue, IPC_RMID, None)

        def said(*paths, inject=()):
            """How many processes could not be looked into, and of how many others it is not known whether they wait."""
            words = injecting(*inject, paths=paths)
            if not words:
                self.skipTest('needs strace')
            report = json.loads(subprocess.run([*words, DOCTOR, '--json'], capture_output=True, timeout=240).stdout)
            return report['unseen_processes'], unknown_waits(report)
        with processes(2, mapped(fd)) as (first, second):
            maps, call = f'/proc/{first}/maps', f'{second}/syscall'

            def more(*paths, inject):
                """How many more than of the others of this machine, as a browser's, which come and go."""
                for _ in range(50):
                    before, with_it, after = said(maps), said(*paths, inject=inject), said(maps)
                    if before == after:
                        break
                return tuple(number - others for number, others in zip(with_it, before))
            self.assertEqual(more(maps, inject=['read:error=ENOMEM']), (1, 0))
            self.assertEqual(more(call, inject=['openat:error=ENOENT']), (0, 1))  # some kernels do not show it
            # Each of them is one that the other number does not count.
            self.assertEqual(more(maps, f'/proc/{second}/task/{call}', inject=['read:error=ENOMEM']), (1, 1))
        os.close(fd)

    def test_object_of_another_mount_namespace_is_another_object(self):
        os.close(object_file('same_name'))
        inside = ('import mmap, os, sys; fd = os.open("/dev/shm/same_name", os.O_CREAT | os.O_RDWR); '
                  'os.ftruncate(fd, 4096); m = mmap.mmap(fd, 4096); '
                  'print("ready", flush=True); sys.stdin.read()')
        with program('unshare', '--mount', 'sh', '-c', 'mount -t tmpfs other /dev/shm && exec "$0" -c "$1"',
                     sys.executable, inside):
            self.assertEqual(thing('/same_name')['users'], [])
        os.unlink('/dev/shm/same_name')

    def test_segment_of_another_ipc_namespace_is_another_segment(self):
        inside = ('import ctypes, sys; c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p; '
                  's = c.shmget(0, 4096, 0o600); c.shmat(s, None, 0); '
                  'print("ready", flush=True); sys.stdin.read()')
        segment = sure(libc.shmget(0, 4096, 0o600))
        with program('unshare', '--ipc', sys.executable, '-c', inside):
            self.assertEqual(thing(f'segment:{segment}')['users'], [])
        libc.shmctl(segment, IPC_RMID, None)

    def test_who_waits(self):
        semaphores = sure(libc.semget(0, 1, 0o600))
        queue = sure(libc.msgget(0, 0o600))
        down = (ctypes.c_short * 3)(0, -1, 0)
        pids = []
        for wait in (lambda: libc.semop(semaphores, down, 1),
                     lambda: libc.msgrcv(queue, ctypes.create_string_buffer(64), 8, 0, 0)):
            pid = fork()
            if pid == 0:
                wait()
                os._exit(0)
            pids.append(pid)
        until(lambda: thing(f'semaphore:{semaphores}')['waiting'] == 1)
        until(lambda: pids_of(thing(f'queue:{queue}')) == [pids[1]])
        seen = thing(f'semaphore:{semaphores}')
        self.assertEqual(pids_of(seen), [pids[0]])
        self.assertTrue(seen['users'][0]['waits'])
        for target in (f'semaphore:{semaphores}', f'queue:{queue}'):
            refused = run('--mend', target)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(b'--force', refused.stderr)
            self.assertEqual(run('--mend', target, '--force').returncode, 0)
        for pid in pids:
            os.waitpid(pid, 0)  # EIDRM has woken them

    def test_who_waits_in_a_program_of_32_bits(self):
        with tempfile.TemporaryDirectory() as folder:
            def made(name, content):
                path = pathlib.Path(folder, name)
                path.write_bytes(content)
                path.chmod(0o700)
                return path
            try:
                subprocess.run([made('none', program_of_32_bits(lambda texts: ENDS, b''))], check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                self.skipTest(f'no programs of 32 bits run here: {error}')
            semaphores, queue = sure(libc.semget(0, 1, 0o600)), sure(libc.msgget(0, 0o600))
            down = waiter_of_32_bits(1, semaphores, 1, struct.pack('<hhh', 0, -1, 0))  # SEMOP
            receive = waiter_of_32_bits(1 << 16 | 12, queue, 8, bytes(16))  # MSGRCV
            with program(made('down', down)) as taker, program(made('receive', receive)) as receiver:
                for pid in taker.pid, receiver.pid:
                    until(lambda pid=pid: pathlib.Path(f'/proc/{pid}/syscall').read_text().startswith('117 '))
                report = look()
                libc.semctl(semaphores, 0, IPC_RMID)
                libc.msgctl(queue, IPC_RMID, None)
        of_32_bits = pathlib.Path(DOCTOR).read_bytes()[4] == 1
        # One doctor does not know the numbers of these calls, the other those of Python's.
        if sees_nearly_all():
            self.assertIn('it is not known whether they wait', ' '.join(report['unseen']))
        for target, pid in ((f'semaphore:{semaphores}', taker.pid), (f'queue:{queue}', receiver.pid)):
            self.assertEqual(pids_of(thing(target, report)), [pid] if of_32_bits else [])

    def test_posix_queue(self):
        queue = self.letters()
        self.assertEqual(pids_of(thing('mqueue:/letters')), [os.getpid()])
        self.assertEqual(run('--mend', 'mqueue:/letters').returncode, 1)
        os.close(queue)
        libc.mq_unlink(b'/letters')

    def letters(self, mode=0o600):
        queue = libc.mq_open(b'/letters', os.O_CREAT | os.O_RDWR, 0o600, None)
        if queue == -1:
            self.skipTest('this kernel has no POSIX queues')
        os.fchmod(queue, mode)
        return queue

    def test_posix_queues_of_another_ipc_namespace_are_others(self):
        os.close(self.letters())
        self.assertIn('mqueue:/letters', targets())

        def seen(*words):
            """With the queues of another IPC namespace at /dev/mqueue."""
            script = ('mount -t tmpfs none /dev && mkdir /dev/mqueue /dev/shm && touch /dev/null && '
                      'unshare --ipc sh -c "mount -t mqueue none /dev/mqueue && : >/dev/mqueue/strangers" && exec "$@"')
            done = subprocess.run(['unshare', '--mount', 'sh', '-c', script, '-', *words, DOCTOR, '--json'],
                                  capture_output=True, timeout=240)
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(done.stdout)
            queues = {each['target'] for each in report['objects'] if each['kind'] == 'POSIX message queue'}
            return queues, 'which may be another IPC namespace' in ' '.join(report['unseen'])
        self.assertEqual(seen(), ({'mqueue:/letters'}, False))
        if words := injecting('fsopen:error=EPERM'):  # as for any other account
            self.assertEqual(seen(*words), ({'mqueue:/strangers'}, True))
        libc.mq_unlink(b'/letters')

    def test_a_posix_queue_that_may_not_be_read(self):
        os.close(self.letters())
        words = injecting('openat:error=EACCES', paths=['letters'])
        if not words:
            self.skipTest('needs strace')
        seen = [subprocess.run([*words, DOCTOR, *more, 'mqueue:/letters'], capture_output=True, timeout=240).stdout
                for more in (['--json'], [])]
        (letters,) = json.loads(seen[0])['objects']
        self.assertEqual((letters['mode'], letters['uid'], letters['size']), ('0600', os.getuid(), None))
        self.assertRegex(seen[1].decode(), rf'mqueue:/letters +\? +- 0600  {letters["user"]} ')
        libc.mq_unlink(b'/letters')

    def test_a_posix_queue_that_every_user_can_write(self):
        for mode, code in ((0o622, 'world-writable'), (0o604, 'world-readable'), (0o660, None)):
            os.close(self.letters(mode))
            found = {each['code']: each['advice'] for each in look('mqueue:/letters')['findings']}
            self.assertEqual(set(found), {code} - {None})
            if code:
                self.assertIn('chmod 600 /dev/mqueue/letters', found[code])
            libc.mq_unlink(b'/letters')


HOSTILE = [b'a\nb', b'\x1b[31mred\x1b[2J', b'\xff\xfe', b"it's $(reboot) `x`", b'back\\slash\\012',
           b'-rf', b'--force', b'x (deleted)', b'sem.', b'sem.a\nb', b' ', b'\xe2\x80\xae', b'"', b'a' * 255]


class Judges(unittest.TestCase):
    """What is wrong, and the command that mends it."""

    def test_names_of_any_bytes(self):
        for name in HOSTILE:
            with self.subTest(name):
                fd = object_file(name, 32)
                short = name[4:] if name.startswith(b'sem.') else name
                target = ('sem:/' if name.startswith(b'sem.') else '/') + escaped(short)
                with processes(1, mapped(fd, 32)) as pids:
                    os.close(fd)
                    seen = thing(target)
                    self.assertEqual(seen['name'], escaped(short))
                    self.assertEqual(pids_of(seen), pids)
                    table = run().stdout
                    self.assertTrue(all(byte == 10 or 32 <= byte < 127 for byte in table), table)
                    together = re.sub(rb'\n? +', b'', table)  # a long name goes on below
                    self.assertIn(b'"' if name == b'"' else escaped(short).replace(' ', '').encode(), together)
                (finding,) = [each for each in look()['findings'] if each['target'] == target]
                done = subprocess.run(['bash', '-c', finding['command']], capture_output=True)
                self.assertEqual((done.returncode, done.stderr), (0, b''))
                self.assertFalse(os.path.lexists(b'/dev/shm/' + name))
                self.assertEqual(targets(), set())

    def test_a_path_of_its_own_of_any_bytes(self):
        """It stands in the commands to be copied."""
        with tempfile.TemporaryDirectory(suffix=b"\xff 'x") as folder:
            copy = os.path.join(os.fsencode(folder), b'doctor\xe2\x80')
            os.symlink(DOCTOR, copy)
            os.close(object_file('left'))
            done = subprocess.run([copy, '--json', '/left'], capture_output=True)
            report = json.loads(done.stdout.decode('ascii'))
            SCHEMA.check(report)
            mended = subprocess.run(['bash', '-c', report['findings'][0]['command']], capture_output=True)
            self.assertEqual((mended.returncode, mended.stderr), (0, b''))
        self.assertEqual(targets(), set())

    def test_an_object_of_two_pid_namespaces(self):
        code = ('import mmap, os, sys; m = mmap.mmap(os.open("/dev/shm/two", os.O_RDWR), 4096); '
                'print("ready", flush=True); sys.stdin.read()')
        apart = ['unshare', '--pid', '--fork', '--kill-child']
        fd = object_file('two')
        with processes(1, mapped(fd)):
            os.close(fd)
            with program(sys.executable, '-c', code):
                self.assertEqual(codes('/two'), set())
            with program(*apart, sys.executable, '-c', code):
                (finding,) = look('/two')['findings']
                self.assertEqual((finding['code'], finding['severity']), ('two-pid-namespaces', 'note'))
                self.assertIn('processes of 2 pid namespaces', finding['text'])
        segment = sure(libc.shmget(0, 4096, 0o600))
        code = (f'import ctypes, sys; c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p; '
                f'c.shmat({segment}, None, 0); print("ready", flush=True); sys.stdin.read()')
        with processes(1, attach(segment)), program(*apart, sys.executable, '-c', code):
            self.assertEqual(codes(f'segment:{segment}'), {'two-pid-namespaces'})
        libc.shmctl(segment, IPC_RMID, None)
        os.unlink('/dev/shm/two')

    def test_an_object_of_two_word_sizes(self):
        fd = object_file('sizes')
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, 'small')
            path.write_bytes(mapper_of_32_bits(b'/dev/shm/sizes'))
            path.chmod(0o700)
            try:
                subprocess.run([path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                os.close(fd)
                os.unlink('/dev/shm/sizes')
                self.skipTest(f'no programs of 32 bits run here: {error}')
            with program(path):
                os.close(fd)
                self.assertEqual(codes('/sizes'), set())
                with processes(1, mapped(os.open('/dev/shm/sizes', os.O_RDWR))):
                    (finding,) = look('/sizes')['findings']
                    self.assertEqual((finding['code'], finding['severity']), ('two-word-sizes', 'note'))
        os.unlink('/dev/shm/sizes')

    def test_no_program_file_is_opened(self):
        """It may lie on a file server that is gone: the look would wait for it, and never end."""
        words = injecting('close:delay_enter=1')
        if not words:
            self.skipTest('needs strace')
        with tempfile.NamedTemporaryFile() as calls:
            words[words.index('/dev/null')] = calls.name
            subprocess.run([*words, DOCTOR, '--json'], stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=240)
            opened = re.findall(r'\bopen(?:at)?\(\w+, "([^"]*)"', calls.read().decode())
        self.assertIn('auxv', opened)
        self.assertEqual([path for path in opened if path.endswith('exe')], [])

    def test_a_machine_without_robust_lists(self):
        words = injecting('set_robust_list:error=ENOSYS')
        if not words:
            self.skipTest('needs strace')

        def found(*before):
            done = subprocess.run([*before, DOCTOR, '--json'], stdin=subprocess.DEVNULL, capture_output=True, timeout=240)
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(done.stdout)
            SCHEMA.check(report)
            return {each['code'] for each in report['findings'] if each['target'] is None}

        self.assertNotIn('no-robust-lists', found())
        self.assertIn('no-robust-lists', found(*words))

    def test_a_namespace_where_all_strangers_look_like_oneself(self):
        if subprocess.run(['unshare', '--user', 'true'], capture_output=True).returncode != 0:
            self.skipTest('no user namespace in this one')
        done = subprocess.run(['unshare', '--user', DOCTOR, '--json'], capture_output=True, timeout=240)
        report = json.loads(done.stdout)
        SCHEMA.check(report)
        (finding,) = [each for each in report['findings'] if each['code'] == 'strangers-look-like-us']
        self.assertEqual((finding['severity'], finding['target']), ('warning', None))
        self.assertNotIn('strangers-look-like-us', {each['code'] for each in look()['findings']})

    def test_a_table_fits_80_columns(self):
        os.close(object_file('a' * 80))
        segment = in_dead_process(lambda: sure(libc.shmget(0, 12345678, 0o666)))
        for line in run().stdout.decode().splitlines():
            self.assertTrue(len(line) <= 80 or '--mend' in line, line)
        os.unlink('/dev/shm/' + 'a' * 80)
        libc.shmctl(segment, IPC_RMID, None)

    def test_left_behind(self):
        segment = in_dead_process(lambda: sure(libc.shmget(0, 4096, 0o600)))
        semaphores = in_dead_process(used_set)
        self.assertEqual(codes(f'segment:{segment}'), {'left-behind'})
        self.assertEqual(codes(f'semaphore:{semaphores}'), {'left-behind'})
        mine = sure(libc.shmget(0, 4096, 0o600))  # its creator lives, and may attach it yet
        self.assertEqual(codes(f'segment:{mine}'), set())
        for each in (segment, mine):
            libc.shmctl(each, IPC_RMID, None)
        libc.semctl(semaphores, 0, IPC_RMID)

    def test_a_segment_whose_last_user_has_detached_and_lives(self):
        segment = in_dead_process(lambda: sure(libc.shmget(0, 4096, 0o600)))
        libc.shmdt(ctypes.c_void_p(attach(segment)()))
        (finding,) = look(f'segment:{segment}')['findings']
        self.assertEqual((finding['code'], finding['severity'], finding['command']), ('unused', 'note', None))
        self.assertIn(f'process {os.getpid()} used it last, and lives', finding['text'])
        refused = run('--mend', f'segment:{segment}')
        self.assertEqual(refused.returncode, 1)
        self.assertIn(str(os.getpid()).encode(), refused.stderr)
        libc.shmctl(segment, IPC_RMID, None)

    def test_a_queue_of_which_only_the_last_user_has_ended(self):
        def both(queue):
            sure(libc.msgsnd(queue, ctypes.create_string_buffer(b'\1' + bytes(15)), 1, 0))
            return sure(libc.msgrcv(queue, ctypes.create_string_buffer(16), 1, 0, 0))
        for last, text in ((lambda queue: 0, 'the process that sent last has ended, and none has received'),
                           (both, 'neither the process that sent last nor the one that received last lives')):
            queue = used_queue()  # by this process, of which the kernel then keeps nothing

            def send_and_end(queue=queue, last=last):
                last(queue)
                return libc.msgsnd(queue, ctypes.create_string_buffer(b'\1' + bytes(15)), 1, 0)
            self.assertEqual(in_dead_process(send_and_end), 0)
            report = look(f'queue:{queue}')
            if not report['unseen_processes'] and not report['unseen']:
                (finding,) = report['findings']
                self.assertEqual((finding['code'], finding['severity']), ('unused', 'note'))
                self.assertEqual(finding['text'], text + ' (who used it earlier is not kept, and may live): 2 messages in it')
                self.assertTrue(finding['command'].endswith(' --force'), finding)
            refused = run('--mend', f'queue:{queue}')
            self.assertEqual(refused.returncode, 1, refused)
            self.assertIn(f'queue:{queue}', targets())
            self.assertEqual(run('--mend', f'queue:{queue}', '--force').returncode, 0)

    def test_a_semaphore_that_nobody_has_changed(self):
        semaphores = in_dead_process(half_used_set)
        # From a pid namespace it looks like one that a process outside was the last to change.
        (finding,) = look(f'semaphore:{semaphores}')['findings']
        code, force = ('unused', True) if is_contained() else ('left-behind', False)
        self.assertEqual((finding['code'], '--force' in finding['command']), (code, force))
        refused = run('--mend', f'semaphore:{semaphores}')
        self.assertEqual(refused.returncode, 1 if is_contained() else 0, refused)
        if is_contained():
            self.assertIn(b'does not tell who used all of its semaphores last, and processes outside'
                          b' this pid namespace', refused.stderr)
            subprocess.run(['bash', '-c', finding['command']], check=True)
        self.assertEqual(targets(), set())

    def test_a_zombie_has_ended(self):
        ready, says = os.pipe()
        pid = fork()
        if pid == 0:
            os.write(says, str(libc.shmget(0, 4096, 0o600)).encode())
            os._exit(0)
        segment = int(os.read(ready, 64))
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self.assertEqual(codes(f'segment:{segment}'), {'left-behind'})
        os.waitpid(pid, 0)
        libc.shmctl(segment, IPC_RMID, None)

    def test_marked_for_removal(self):
        segment = sure(libc.shmget(0x77, 4096, IPC_CREAT | 0o600))
        with processes(1, attach(segment)) as pids:
            libc.shmctl(segment, IPC_RMID, None)
            seen = thing(f'segment:{segment}')
            self.assertTrue(seen['removed'])
            self.assertEqual(seen['key'], 0)
            (finding,) = look(f'segment:{segment}')['findings']
            self.assertEqual((finding['code'], finding['command']),
                             ('marked-for-removal', f'kill {pids[0]}'))
            self.assertEqual(run('--mend', f'segment:{segment}').returncode, 1)
        self.assertEqual(targets(), set())

    @unittest.skipUnless(can_be_others(), 'needs a root that can be others')
    def test_given_away(self):
        def made_and_given_away():
            os.setresuid(1234, 1234, 1234)
            segment = sure(libc.shmget(0, 4096, 0o600))
            record = (ctypes.c_uint32 * 64)()  # struct shmid_ds begins with ipc_perm: key, uid, gid
            sure(libc.shmctl(segment, 2, record))  # IPC_STAT
            record[1] = 0
            sure(libc.shmctl(segment, 1, record))  # IPC_SET
            return segment
        segment = in_dead_process(made_and_given_away)
        seen = thing(f'segment:{segment}')
        self.assertEqual((seen['uid'], seen['owner']), (1234, 0))
        self.assertIn('given-away', codes(f'segment:{segment}'))
        mine = sure(libc.shmget(0, 4096, 0o600))
        self.assertEqual((thing(f'segment:{mine}')['owner'], codes(f'segment:{mine}')), (0, set()))
        for each in (segment, mine):
            libc.shmctl(each, IPC_RMID, None)

    def test_modes(self):
        for mode, code in ((0o602, 'world-writable'), (0o604, 'world-readable'), (0o660, None)):
            os.close(object_file('some', 4096, mode))
            with self.subTest(oct(mode)):
                about_modes = {each for each in codes('/some') if each.startswith('world-')}
                self.assertEqual(about_modes, {code} - {None})
            os.unlink('/dev/shm/some')
        os.close(object_file('open', 4096, 0o666))
        os.close(object_file('readable', 4096, 0o644))
        self.assertIn('world-writable', codes('/open'))
        self.assertIn('world-readable', codes('/readable'))
        for finding in look('/open')['findings']:
            if finding['code'] == 'world-writable':
                subprocess.run(['bash', '-c', finding['command']], check=True)
        self.assertEqual(stat.S_IMODE(os.stat('/dev/shm/open').st_mode), 0o600)
        for name in ('open', 'readable'):
            os.unlink('/dev/shm/' + name)

    def test_zero_sized_temporary_and_linked(self):
        os.close(object_file('empty', 0))
        os.close(object_file('sem.empty', 0))
        os.close(object_file('sem.aB3xYz', 32))
        os.close(object_file('sem.aB3xYy', 0))
        os.close(object_file('first'))
        os.link('/dev/shm/first', '/dev/shm/second')
        for target in ('/empty', 'sem:/empty'):
            report = look(target)
            (finding,) = report['findings']
            unseen = report['unseen']  # a process that is not seen may be about to size it
            self.assertEqual((finding['code'], finding['severity']), ('zero-sized', 'note' if unseen else 'warning'))
            if target == '/empty':
                self.assertIn('that can be seen here' if unseen else 'never sized, or emptied', finding['text'])
        for target in ('sem:/aB3xYz', 'sem:/aB3xYy'):
            (finding,) = look(target)['findings']
            self.assertEqual(finding['code'], 'left-behind')
            self.assertIn('a killed sem_open leaves names like this', finding['text'])
        self.assertIn('several-names', codes('/first'))
        for name in ('empty', 'sem.empty', 'sem.aB3xYz', 'sem.aB3xYy', 'first', 'second'):
            os.unlink('/dev/shm/' + name)

    def test_nearly_full(self):
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1M', 'small', '/dev/shm'], check=True)
        fd = object_file('large', 0)
        os.posix_fallocate(fd, 0, 980 * 1024)
        full = [each for each in look()['findings'] if each['code'] == 'nearly-full']
        self.assertEqual([each['command'] for each in full], ['mount -o remount,size=N /dev/shm'])
        os.ftruncate(fd, 4096)
        self.assertNotIn('nearly-full', {each['code'] for each in look()['findings']})
        os.close(fd)
        subprocess.run(['umount', '/dev/shm'], check=True)
        queue = sure(libc.msgget(0, 0o600))
        for _ in range(2):
            sure(libc.msgsnd(queue, ctypes.create_string_buffer(b'\1' + bytes(8192)), 8000, 0))
        self.assertIn('nearly-full', codes(f'queue:{queue}'))
        libc.msgctl(queue, IPC_RMID, None)

    def machine(self, *set_up):
        """The codes about the machine, with these mounts, in a mount namespace of its own."""
        script = ' && '.join([*set_up, 'exec "$0" --json'])
        done = subprocess.run(['unshare', '--mount', 'sh', '-c', script, DOCTOR], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        SCHEMA.check(report)
        return {each['code']: each['command'] for each in report['findings'] if not each['target']}

    def test_the_folder_itself(self):
        shm = {'no-dev-shm', 'read-only', 'not-sticky'}
        self.assertEqual(shm & self.machine().keys(), set())
        for code, *set_up in (('no-dev-shm', 'mount -t tmpfs none /dev', 'touch /dev/null'),
                              ('read-only', 'mount -t tmpfs none /dev/shm', 'mount -o remount,ro /dev/shm'),
                              ('not-sticky', 'mount -t tmpfs -o mode=777 none /dev/shm')):
            # A user namespace's tmpfs is shown with uid=; mount(8) passes that on, and is told that there is no such user.
            if code == 'read-only' and not can_be_others():
                continue
            cure = self.machine(*set_up)[code]
            self.assertEqual(shm & self.machine(*set_up, cure).keys(), set(), cure)

    def test_a_kernel_without_system_v(self):
        calls = 'shmctl,semctl,msgctl,shmget,semget,msgget'
        trace = injecting(f'{calls}:error=ENOSYS')
        if not trace:
            self.skipTest('needs strace')
        os.close(object_file('still_shown'))
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(['unshare', '--mount', 'sh', '-c',
                                   f'mount --bind {empty} /proc/sysvipc && exec "$@"', '-', *trace, DOCTOR, '--json'],
                                  capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        thing('/still_shown', report)
        self.assertEqual(len([text for text in report['unseen'] if 'System V' in text]), 3)
        self.assertIn('/dev/shm', {each['name'] for each in report['limits']})
        os.unlink('/dev/shm/still_shown')

    def test_limits(self):
        limits = {each['name']: each for each in look()['limits']}
        for name in ('kernel.shmmax', 'kernel.shmall', 'kernel.shmmni', 'kernel.sem (semmni)',
                     'kernel.sem (semmns)', 'kernel.msgmnb', '/dev/shm', 'RLIMIT_MEMLOCK'):
            self.assertIn(name, limits)
        most = int(pathlib.Path('/proc/sys/kernel/shmmni').read_text())
        self.assertEqual(limits['kernel.shmmni']['most'], most)
        before = limits['kernel.shmmni']['used']
        segment = sure(libc.shmget(0, 4096, 0o600))
        now = {each['name']: each for each in look()['limits']}
        self.assertEqual(now['kernel.shmmni']['used'], before + 1)
        libc.shmctl(segment, IPC_RMID, None)

    def test_remove_ipc(self):
        def in_force():
            return [each for each in look()['findings'] if each['code'] == 'remove-ipc']
        subprocess.run('mount -t tmpfs t /run && mkdir -p /run/systemd && '
                       'if [ -d /etc/systemd ]; then mount -t tmpfs t /etc/systemd; fi',
                       shell=True, check=True)
        self.assertEqual(in_force(), [])  # no systemd here
        os.mkdir('/run/systemd/system')
        pathlib.Path('/run/systemd/logind.conf').write_text('[Login]\n#RemoveIPC=no\n')
        self.assertEqual(len(in_force()), 1)  # the default, also where it is commented out
        os.mkdir('/run/systemd/logind.conf.d')
        pathlib.Path('/run/systemd/logind.conf.d/a.conf').write_text('[Login]\nRemoveIPC=no\n')
        self.assertEqual(in_force(), [])
        pathlib.Path('/run/systemd/logind.conf.d/b.conf').write_text('[Login]\nRemoveIPC=yes\n')
        self.assertIn('b.conf', in_force()[0]['text'])
        pathlib.Path('/run/systemd/logind.conf.d/c.conf').write_text('[Login]\n  RemoveIPC = no \n')
        self.assertEqual(in_force(), [])
        pathlib.Path('/run/systemd/logind.conf.d/d.conf').write_text('[Login]\nRemoveIPC\t=\t1\n')
        self.assertIn('d.conf', in_force()[0]['text'])


class Mends(unittest.TestCase):
    """It removes one thing, which nobody has, and says so."""

    def one_goes(self, target, *more):
        before = targets()
        self.assertIn(target, before)
        done = run('--mend', target, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'Removed {target}: '.encode(), done.stdout)
        self.assertEqual(before - targets(), {target})
        again = run('--mend', target)
        self.assertEqual(again.returncode, 1)
        self.assertEqual(again.stderr.count(b'\n'), 1)

    def test_every_kind(self):
        os.close(object_file('keep'))
        os.close(object_file('object'))
        os.close(object_file('sem.name', 32))
        segment = in_dead_process(lambda: sure(libc.shmget(0, 4096, 0o600)))
        semaphores = in_dead_process(used_set)
        queue = in_dead_process(used_queue)
        for target in ('/object', 'sem:/name', f'segment:{segment}', f'semaphore:{semaphores}'):
            self.one_goes(target)
        # The kernel tells of a queue only who used it last: one that used it earlier may live.
        self.assertIn(b'--force', run('--mend', f'queue:{queue}').stderr)
        self.one_goes(f'queue:{queue}', '--force')
        if libc.mq_open(b'/letters', os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600, None) != -1:
            if 'mqueue:/letters' in targets():
                self.one_goes('mqueue:/letters', '--force')
        self.one_goes('/keep')

    def test_the_same_id_of_three_kinds_is_not_one_thing(self):
        subprocess.run(['unshare', '--ipc', sys.executable, '-c', '''
import ctypes, os, subprocess
c = ctypes.CDLL(None)
if os.fork() == 0:
    made = (c.shmget(0, 4096, 0o600), c.semget(0, 1, 0o600))
    os._exit(0 if made == (0, 0) and c.semop(0, (ctypes.c_short * 3)(0, 1, 0), 1) == 0 else 1)
assert os.wait()[1] == 0
done = subprocess.run([os.environ["DOCTOR"], "--mend", "0"], capture_output=True)
assert done.returncode == 2 and b"segment:0 semaphore:0" in done.stderr, done
assert subprocess.run([os.environ["DOCTOR"], "--mend", "segment:0"]).returncode == 0
assert subprocess.run([os.environ["DOCTOR"], "--mend", "0"]).returncode == 0
'''], check=True)

    def test_short_names(self):
        in_dead_process(lambda: sure(libc.shmget(0x3039, 4096, IPC_CREAT | 0o600)))
        self.assertEqual(run('--mend', '0x3039').returncode, 0)
        os.close(object_file('short'))
        self.assertEqual(run('--mend', 'short').returncode, 0)
        self.assertEqual(targets(), set())

    def test_wrong_usage_is_status_2(self):
        for words in (['--force'], ['--mend'], ['--mend', ''], ['--mend', '/a', '/b'],
                      ['--json', '--watch'], ['--mend', '/a', '--json'], ['--nonsense']):
            with self.subTest(words):
                self.assertEqual(run(*words).returncode, 2)
        self.assertEqual(run('/not_there').returncode, 1)


class Refuses(unittest.TestCase):
    """It does not take anything away from a live process."""

    def test_an_object_that_is_not_sized_yet(self):
        fd = object_file('soon', 0)
        self.assertEqual([(each['severity'], each['command'])
                          for each in look('/soon')['findings']], [('note', None)])
        os.close(fd)
        os.unlink('/dev/shm/soon')

    def test_what_a_process_has_whose_first_thread_has_ended(self):
        for name in ('open', 'mapped'):
            os.close(object_file(name))
        segment = sure(libc.shmget(0, 4096, 0o600))
        queue = in_dead_process(used_queue)
        others = unknown_waits(look())
        child = subprocess.Popen([sys.executable, '-c', f"""
import ctypes, mmap, os, signal, threading
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
fd = os.open('/dev/shm/open', os.O_RDWR)
memory = mmap.mmap(os.open('/dev/shm/mapped', os.O_RDWR), 4096)
assert libc.shmat({segment}, None, 0)
threading.Thread(target=lambda: (print(fd, flush=True), signal.pause()), daemon=True).start()
libc.pthread_exit(None)
"""], stdout=subprocess.PIPE)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        child.stdout.readline()
        until(lambda: open(f'/proc/{child.pid}/stat').read().split(')')[1].split()[0] == 'Z')
        report = look()
        for target in ('/open', '/mapped', f'segment:{segment}'):
            with self.subTest(target):
                self.assertEqual(pids_of(thing(target, report)), [child.pid])
                self.refused(target, child.pid)
        # Others of this machine, of 32 bits, may be there, and come and go: it is not always one more.
        until(lambda: unknown_waits(look()) <= others)
        self.forced('/open')
        self.forced('/mapped')
        libc.shmctl(segment, IPC_RMID, None)
        libc.msgctl(queue, IPC_RMID, None)

    def test_a_set_that_nobody_has_used_yet(self):
        semaphores = sure(libc.semget(0, 1, 0o600))  # its maker lives: the kernel does not keep who
        self.assertEqual(codes(f'semaphore:{semaphores}'), set())
        refused = run('--mend', f'semaphore:{semaphores}')
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b'no process', refused.stderr)
        self.assertEqual(run('--mend', f'semaphore:{semaphores}', '--force').returncode, 0)

    def test_a_set_of_very_many_semaphores(self):
        semaphores = in_dead_process(lambda: sure(libc.semget(0, 1025, 0o600)))
        self.assertEqual((thing(f'semaphore:{semaphores}')['waiting'], codes(f'semaphore:{semaphores}')), (None, set()))
        refused = run('--mend', f'semaphore:{semaphores}')
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b'so many semaphores that doctor does not ask each', refused.stderr)
        self.assertEqual(run('--mend', f'semaphore:{semaphores}', '--force').returncode, 0)

    def test_a_set_that_a_process_outside_uses(self):
        semaphores = used_set()  # we live, but are not to be seen from the inner pid namespace
        done = subprocess.run(['unshare', '--pid', '--fork', '--mount-proc', os.environ['DOCTOR'],
                               '--mend', f'semaphore:{semaphores}'], capture_output=True)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(run('--mend', f'semaphore:{semaphores}', '--force').returncode, 0)

    def test_a_set_that_a_process_outside_was_the_last_to_use(self):
        semaphores = sure(libc.semget(0, 2, 0o600))
        change(semaphores, 1)
        inside = (f'import ctypes, os, subprocess; c = ctypes.CDLL(None)\n'
                  f'if os.fork() == 0:\n'
                  f'    os._exit(c.semop({semaphores}, (ctypes.c_short * 3)(0, 1, 0), 1))\n'
                  f'assert os.wait()[1] == 0\n'
                  f'os.execv(os.environ["DOCTOR"], ["doctor", "--mend", "semaphore:{semaphores}"])')
        done = subprocess.run(['unshare', '--pid', '--fork', '--mount-proc', sys.executable, '-c', inside],
                              capture_output=True)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(b'outside this pid namespace', done.stderr)
        libc.semctl(semaphores, 0, IPC_RMID)

    def test_a_segment_that_a_process_outside_was_the_last_to_attach(self):
        # Its creator is inside, and has ended. We live, but are not to be seen from there.
        inside = ('import ctypes, os, subprocess, sys; c = ctypes.CDLL(None)\n'
                  'ready, says = os.pipe()\n'
                  'if os.fork() == 0:\n'
                  '    os.write(says, str(c.shmget(0, 4096, 0o600)).encode())\n'
                  '    os._exit(0)\n'
                  'os.wait()\n'
                  'segment = os.read(ready, 64).decode()\n'
                  'print(segment, flush=True)\n'
                  'sys.stdin.readline()\n'
                  'for words in ["--json", f"segment:{segment}"], ["--mend", f"segment:{segment}"]:\n'
                  '    subprocess.run([os.environ["DOCTOR"], *words], stderr=subprocess.STDOUT)\n')
        with subprocess.Popen(['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', sys.executable, '-c', inside],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as inner:
            segment = int(inner.stdout.readline())
            libc.shmdt(ctypes.c_void_p(attach(segment)()))
            said = inner.communicate(b'\n', timeout=240)[0].decode()
        report, end = json.JSONDecoder().raw_decode(said)
        SCHEMA.check(report)
        (finding,) = report['findings']
        self.assertEqual((finding['code'], finding['severity']), ('unused', 'note'))
        for text in (finding['text'], said[end:]):
            self.assertIn('who attached it last cannot be seen from this pid namespace, and may live', text)
        self.assertTrue(finding['command'].endswith(' --force'), finding)
        self.assertIn(f'segment:{segment}', targets())
        libc.shmctl(segment, IPC_RMID, None)

    def refused(self, target, pid):
        done = run('--mend', target)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(str(pid).encode(), done.stderr)
        self.assertIn(b'--force', done.stderr)
        self.assertIn(target, targets())

    def forced(self, target):
        done = run('--mend', target, '--force')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_mapped_and_open_objects(self):
        for name, action in (('mapped', mapped), ('open', lambda fd: lambda: fd)):
            fd = object_file(name)
            with processes(1, action(fd)) as pids:
                os.close(fd)
                self.refused('/' + name, pids[0])
                self.forced('/' + name)
                self.assertNotIn('/' + name, targets())

    def test_an_object_that_a_process_begins_to_open(self):
        os.close(object_file('sought'))
        facts = os.stat('/dev/shm/sought')
        # Doctor stops once it has the lease, its first fcntl that is about this file.
        words = injecting('fcntl:signal=SIGSTOP:when=1', paths=['/dev/shm/sought'])
        if not words:
            self.skipTest('needs strace')

        def goes_on(pid):  # again and again: it may be about to stop
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        for more, status in (([], 1), (['--force'], 0)):
            traced = subprocess.Popen([*words, DOCTOR, '--mend', '/sought', *more], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            until(lambda: has_lease(facts, 'ACTIVE'))
            child = fork()
            if child == 0:
                with contextlib.suppress(OSError):
                    os.open('/dev/shm/sought', os.O_RDWR)
                    os._exit(0)
                os._exit(1)
            until(lambda: has_lease(facts, 'BREAKING'))
            doctor = int(pathlib.Path(f'/proc/{traced.pid}/task/{traced.pid}/children').read_text())
            until(lambda: goes_on(doctor) or traced.poll() is not None)
            error = traced.communicate(timeout=240)[1]
            self.assertEqual(traced.returncode, status, error)
            self.assertIn(b'/sought: a process is opening it at this moment; ', error)
            self.assertEqual('/sought' in targets(), status == 1)
            self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_attached_segment(self):
        segment = sure(libc.shmget(0, 4096, 0o600))
        with processes(1, attach(segment)) as pids:
            self.refused(f'segment:{segment}', pids[0])
            self.forced(f'segment:{segment}')
            self.assertTrue(thing(f'segment:{segment}')['removed'])
        self.assertEqual(targets(), set())

    def test_creator_that_lives(self):
        segment = sure(libc.shmget(0, 4096, 0o600))
        self.refused(f'segment:{segment}', os.getpid())
        self.forced(f'segment:{segment}')

    def test_semaphores_and_queues_whose_user_lives(self):
        semaphores = sure(libc.semget(0, 1, 0o600))
        sure(libc.semop(semaphores, (ctypes.c_short * 3)(0, 1, 0), 1))
        self.refused(f'semaphore:{semaphores}', os.getpid())
        self.forced(f'semaphore:{semaphores}')
        queue = sure(libc.msgget(0, 0o600))
        sure(libc.msgsnd(queue, ctypes.create_string_buffer(b'\1' + bytes(15)), 1, 0))
        self.refused(f'queue:{queue}', os.getpid())
        self.forced(f'queue:{queue}')


class Unprivileged(unittest.TestCase):
    """Without root it says what it cannot see, and what it cannot see counts as in use."""

    def setUp(self):
        if not is_real_root():
            print('\nskipped: needs root, to be another user')
            self.skipTest('needs root')
        # The build may lie where that user may not go: the file itself will do.
        self.program = os.open(DOCTOR, os.O_RDONLY)

    def run_as_other(self, *words):
        return subprocess.run(['doctor', *words], executable=f'/proc/self/fd/{self.program}',
                              pass_fds=[self.program], capture_output=True, timeout=240,
                              user=65534, group=65534, extra_groups=[])

    def test_says_what_it_could_not_see(self):
        fd = object_file('roots', 4096, 0o666)
        segment = sure(libc.shmget(0, 4096, 0o600))
        with processes(2, mapped(fd)), processes(3, attach(segment)):
            done = self.run_as_other()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b'could not be looked into', done.stdout)
            self.assertIn(b'run as root to see them', done.stdout.replace(b'\n    ', b' '))
            report = json.loads(self.run_as_other('--json').stdout)
            self.assertGreaterEqual(report['unseen_processes'], 5)
            seen = thing(f'segment:{segment}', report)
            self.assertEqual((seen['users'], seen['attached'], seen['unseen_attached']), ([], 3, 3))
            (finding,) = [each for each in report['findings']
                          if each['target'] == '/roots' and each['code'] == 'unused']
            self.assertIn('that can be seen here', finding['text'])
            for target in ('/roots', f'segment:{segment}'):
                self.assertEqual(self.run_as_other('--mend', target).returncode, 1)
                self.assertIn(target, targets())
        os.close(fd)
        os.unlink('/dev/shm/roots')
        libc.shmctl(segment, IPC_RMID, None)

    def test_the_kernel_tells_of_users_that_are_hidden(self):
        fd = object_file('theirs', 4096, 0o600)
        os.fchown(fd, 65534, 65534)
        with processes(1, mapped(fd)):  # root's: it may not be looked into
            os.close(fd)
            refused = self.run_as_other('--mend', '/theirs')
            self.assertEqual(refused.returncode, 1)
            self.assertIn(b'not shown here', refused.stderr)
        done = self.run_as_other('--mend', '/theirs')  # root's processes are hidden as before
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(targets(), set())

    def test_root_of_a_user_namespace_is_not_the_owner(self):
        def made_by_another():
            os.setresuid(1234, 1234, 1234)
            return sure(libc.shmget(0, 4096, 0o600))
        segment = in_dead_process(made_by_another)

        def command(*before):
            done = subprocess.run([*before, DOCTOR, '--json', f'segment:{segment}'], capture_output=True)
            (finding,) = json.loads(done.stdout)['findings']
            return finding['command']
        inside = ['unshare', '--map-root-user']
        if subprocess.run([*inside, 'true'], capture_output=True).returncode == 0:
            self.assertTrue(command(*inside).startswith('sudo '))
            mend = subprocess.run([*inside, DOCTOR, '--mend', f'segment:{segment}'], capture_output=True)
            self.assertEqual(mend.returncode, 1)
        self.assertEqual(subprocess.run(['bash', '-c', command()], capture_output=True).returncode, 0)

    def test_hidden_processes(self):
        if subprocess.run(['mount', '-t', 'proc', '-o', 'hidepid=2', 'proc', '/proc'],
                          capture_output=True).returncode != 0:
            self.skipTest('/proc cannot be mounted here')
        try:
            self.assertIn(b'hidepid', self.run_as_other().stdout)
        finally:
            subprocess.run(['umount', '/proc'], check=True)


def end_child(pid):
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


class Watches(unittest.TestCase):
    """It looks again every second, and leaves the terminal as it was."""

    def test_on_a_terminal(self):
        self.watch_on_a_terminal()

    def test_on_a_terminal_where_another_program_has_a_hundred_memfds(self):
        def many():
            return [os.memfd_create(f'frame-{number}') for number in range(100)]

        def many_in_two():
            return [os.memfd_create(f'shared-{number}') for number in range(50)], fork()
        with processes(1, many), processes(1, many_in_two):
            self.watch_on_a_terminal()

    def watch_on_a_terminal(self):
        told, tells = os.pipe()
        leader, terminal = pty.fork()
        if leader == 0:
            # As a shell does, the session's leader stays: when it ends, the kernel throws away what
            # the terminal has not taken yet.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.execv(DOCTOR, [DOCTOR, '--watch'])
            os.write(tells, str(os.waitpid(pid, 0)[1]).encode())
            while True:
                signal.pause()
        text = b''

        def read_until(part):
            nonlocal text
            end = time.monotonic() + 240  # in all: new pictures keep coming
            while part not in text:
                left = max(0, end - time.monotonic())
                self.assertTrue(select.select([terminal], [], [], left)[0], text)
                text += os.read(terminal, 65536)
        self.addCleanup(end_child, leader)
        read_until(b' is wrong')  # at the end of the first picture
        os.close(object_file('newcomer'))
        read_until(b'+ /newcomer')
        os.unlink('/dev/shm/newcomer')
        read_until(b'- /newcomer')
        os.write(terminal, b'\x03')
        read_until(b'\x1b[?25h\x1b[?1049l')
        self.assertEqual(os.WTERMSIG(int(os.read(told, 16))), signal.SIGINT)
        self.assertTrue(text.startswith(b'\x1b[?1049h\x1b[?25l'), text[:40])
        self.assertTrue(text.endswith(b'\x1b[?25h\x1b[?1049l'), text[-40:])
        for pipe in (told, tells, terminal):
            os.close(pipe)

    def test_into_a_pipe(self):
        os.close(object_file('watched'))
        with subprocess.Popen([DOCTOR, '--watch', '/watched'], stdout=subprocess.PIPE) as watch:
            blocks = 0
            for line in watch.stdout:
                self.assertNotIn(b'\x1b', line)
                blocks += line.startswith(b'/watched')
                if blocks == 2 and os.path.exists('/dev/shm/watched'):
                    os.unlink('/dev/shm/watched')
                if b'- /watched' in line:
                    break
            watch.send_signal(signal.SIGINT)
            self.assertEqual(watch.wait(), -signal.SIGINT)


    def test_an_id_that_becomes_another_kinds_as_well(self):
        # In a new IPC namespace the first ids are 0.
        done = subprocess.run(['unshare', '--ipc', sys.executable, '-c', '''
import ctypes, os, signal, subprocess
c = ctypes.CDLL(None)
assert c.shmget(0, 4096, 0o600) == 0
with subprocess.Popen([os.environ["DOCTOR"], "--watch", "0"], stdout=subprocess.PIPE) as watch:
    blocks = 0
    for line in watch.stdout:
        assert not line.startswith(b"semaphore:0"), line
        if not line.startswith(b"segment:0 "):
            continue
        blocks += 1
        if blocks == 1:
            assert c.semget(0, 1, 0o600) == 0
            again = subprocess.run([os.environ["DOCTOR"], "--watch", "0"], capture_output=True)
            assert again.returncode == 2 and b"semaphore:0" in again.stderr, again
        if blocks == 3:
            break
    assert blocks == 3, (blocks, watch.wait())
    watch.send_signal(signal.SIGINT)
'''], capture_output=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)


class Littered(unittest.TestCase):
    """What every broken program leaves behind is listed, and mended one by one."""

    def test_until_nothing_is_left(self):
        for path in sorted(pathlib.Path(os.environ['LESSONS']).glob('*/broken/*')):
            if not (path.is_file() and os.access(path, os.X_OK)):
                continue
            started = subprocess.Popen([path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                started.wait(3)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
        left = targets()
        print('left behind by the broken programs:', ' '.join(sorted(left)))
        self.assertGreaterEqual(len(left), 3)
        listed = {each['target'] for each in look()['findings']}
        for target in sorted(left):
            self.assertIn(target, listed)
            done = run('--mend', target)
            self.assertEqual(done.returncode, 0, done.stderr)
            left.remove(target)
            self.assertEqual(targets(), left)
        self.assertEqual(os.listdir('/dev/shm'), [])
        for table in ('shm', 'sem', 'msg'):
            self.assertEqual(len(pathlib.Path(f'/proc/sysvipc/{table}').read_text().splitlines()), 1)


class Crowd(unittest.TestCase):
    """A thousand processes and four thousand things are no trouble."""

    def test_a_thousand_processes(self):
        with program(os.environ['CROWD'], '1000', '4000'):
            started = time.monotonic()
            report = look()
            took = time.monotonic() - started
            print(f'1,000 processes, 4,000 things: {took:.2f} s (JSON, with reading it)')
            started = time.monotonic()
            self.assertEqual(run().returncode, 0)
            print(f'the table: {time.monotonic() - started:.2f} s')
            ours = [each for each in report['objects'] if each['kind'] not in ('memfd', 'nameless object')]
            self.assertEqual(len(ours), 4000)
            self.assertEqual(sum(len(each['users']) for each in ours), 16000)


if __name__ == '__main__':
    enter_own_namespaces()
    unittest.main(verbosity=2)
