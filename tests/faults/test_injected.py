"""The programs of lessons 01, 04 and 05, in which one system call fails that does not fail by itself:
strace makes it (man 1 strace, --inject), each of their calls in turn, from the first that has to do
with /dev/shm to the end.

Held: a failed call is no success (status 1, and a line), and nothing is left, or the line says what is,
and how to remove it. Prints "skipped: reason" where strace may not trace.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = sys.argv.pop(1)
ERRORS = {'fcntl': 'ENOLCK'}     # a failure that the call can have; of all others ENOMEM
# To fail, they would need a process that does not keep to its part; or they are not the program's own:
# the C library's, for memory and for the processor's topology, and the reasons' look-ups.
NOT_OURS = {'brk', 'futex', 'getpid', 'geteuid', 'getuid', 'clock_gettime', 'clock_nanosleep', 'exit_group',
            'rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'restart_syscall', 'sched_yield', 'readlink',
            'membarrier', 'sysinfo', 'statfs', 'access', 'faccessat', 'faccessat2', 'getrandom', 'prlimit64',
            'execve', 'sched_getaffinity', 'lseek', 'ioctl'}
# These may fail, and the program is as well off: it says so, or has nothing to say. (fstat: some of them
# ask for no more than a name for messages. capget, prctl: whether root may raise a limit.)
MAY_FAIL = {'close', 'madvise', 'mlock', 'mbind', 'poll', 'ppoll', 'getcpu', 'newfstatat', 'fstat', 'capget', 'prctl'}


# An entry that was not given back (common/memory/object_locks.hpp: they begin at 2^30).
STILL_ATTACHED = re.compile(r'F_UNLCK.*l_start=10737\d{5}.*\(INJECTED\)')


def may_fail(call, arguments):
    """What stays locked, the kernel unlocks at the end; and there is nobody to tell that standard error is
    full."""
    return call in MAY_FAIL or 'F_UNLCK' in arguments or (call == 'write' and arguments.startswith('2,'))


def calls_of(log):
    """Yields the calls of a trace, with their arguments; none that look at files, of /proc or /sys, by
    which programs find reasons and figures, and do without where there are none."""
    looks = set()
    with open(log) as lines:
        for line in lines:
            found = re.match(r'(\w+)\((.*)', line)
            if not found:
                continue
            call, arguments = found[1], found[2]
            descriptor = arguments.split(',')[0].split(')')[0]
            if call == 'openat' and '"/dev/shm' not in arguments:
                looks.add(arguments.split('= ')[-1].strip())
                yield call, None
            elif descriptor in looks:
                if call == 'close':
                    looks.remove(descriptor)
                yield call, None
            else:
                yield call, arguments


# Which of two peers leaves last, and so removes the name, is another one each time: a call may not be made again at once.
tries = 10


class Injected(unittest.TestCase):
    def setUp(self):
        self.name = f'/injected-{os.getpid()}'
        self.path = '/dev/shm' + self.name
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.log = self.folder.name + '/log'

    def program(self, path, *words):
        return [f'{BUILD}/lessons/{path}', '--name', self.name, *words]

    def run_traced(self, words, *inject):
        return subprocess.run(['strace', '-qq', '-o', self.log, *inject, *words], text=True, timeout=120,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              env={**os.environ, 'SHM_WAIT_NOTICE_MS': 'never'})

    def own_calls(self, words, begins):
        """Returns (call, how manieth, its arguments), in the order in which they are made."""
        self.run_traced(words)
        counts = collections.Counter()
        begun, calls = False, []
        for call, arguments in calls_of(self.log):
            counts[call] += 1
            if arguments is None or call in NOT_OURS:
                continue
            begun = begun or begins in arguments
            if begun:
                calls.append((call, counts[call], arguments))
        self.assertTrue(begun, f'{words}: no call with {begins}')
        return calls

    def judge(self, ended, must_fail):
        left = os.path.exists(self.path)
        if left:
            os.unlink(self.path)
        self.assertIn(ended.returncode, (0, 1), ended.stderr)
        if must_fail:
            self.assertEqual(ended.returncode, 1, 'a failed call is a success')
        if ended.returncode == 1:
            self.assertNotEqual(ended.stderr, '', 'not a word')
        if left:
            self.assertIn(f'rm {self.path}', ended.stderr, 'left, and not said')

    def fail_each(self, words, begins='/dev/shm', prepare=lambda: None, finish=lambda peer: None):
        peer = prepare()
        calls = self.own_calls(words, begins)
        finish(peer)
        self.assertGreater(len(calls), 3)
        never = []
        for call, number, arguments in calls:
            error = ERRORS.get(call, 'ENOMEM')
            with self.subTest(f'{call} {number}({arguments.strip()}: {error}'):
                for _ in range(tries):
                    peer = prepare()
                    ended = self.run_traced(words, '-e', f'inject={call}:error={error}:when={number}')
                    finish(peer)
                    log = pathlib.Path(self.log).read_text()
                    made = '(INJECTED)' in log
                    self.judge(ended, made and not may_fail(call, arguments))
                    if STILL_ATTACHED.search(log) and 'unlink("/dev/shm' not in log:  # the peer may end first, and find us
                        self.assertIn(f'rm {self.path}', ended.stderr, 'may be left, and not said')
                    if made:
                        break
                else:
                    never.append(arguments)
        self.assertLess(len(never), len(calls) / 4, 'calls that were made once, and then no more')

    def test_writer(self):
        self.fail_each(self.program('01-posix-create/writer'))

    def test_reader(self):
        def start():
            writer = subprocess.Popen(self.program('01-posix-create/writer'), text=True, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
            while 'written' not in writer.stdout.readline():
                pass
            return writer

        def end(writer):
            writer.communicate('\n')
            self.assertEqual(writer.returncode, 0)

        self.fail_each(self.program('01-posix-create/reader', '--timeout-ms', '1000'), self.path, start, end)

    def test_attach(self):
        self.fail_each(self.program('04-large-mmap/attach'))

    def test_ring_info(self):
        self.fail_each(self.program('05-optimized-ring-buffer/ring_info'))

    def test_attach_beside_one_that_stays(self):
        def start():
            other = subprocess.Popen(self.program('04-large-mmap/attach'), text=True, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.assertNotEqual(other.stdout.readline(), '')
            return other

        def end(other):
            other.communicate('\n')
            self.assertEqual(other.returncode, 0)

        self.fail_each(self.program('04-large-mmap/attach'), '/dev/shm', start, end)

    def with_peer(self, program, peer):
        def start():
            process = subprocess.Popen(self.program(f'05-optimized-ring-buffer/{peer}', '--count', '3',
                                                    '--timeout-ms', '700'),
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.assertIn('begins with', process.stdout.readline())
            return process

        def end(process):
            process.communicate()

        self.fail_each(self.program(f'05-optimized-ring-buffer/{program}', '--count', '3', '--timeout-ms', '300'),
                       '/dev/shm', start, end)

    def test_ring_producer(self):
        self.with_peer('ring_producer', 'ring_consumer')

    def test_ring_consumer(self):
        self.with_peer('ring_consumer', 'ring_producer')


if __name__ == '__main__':
    probe = subprocess.run(['strace', '-qq', '-o', '/dev/null', '-e', 'inject=fcntl:error=EIO:when=1', 'true'],
                           capture_output=True)
    if probe.returncode != 0:
        print('skipped: strace may not trace here')
        sys.exit()
    unittest.main()
