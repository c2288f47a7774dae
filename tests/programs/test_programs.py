#!/usr/bin/env python3
"""What holds for every program of every lesson, as a person at a terminal sees it.

    test_programs.py PROGRAMS [TestCase...]      PROGRAMS: build/lessons
"""
import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from own_namespaces import can_be_others, enter_own_namespaces  # noqa: E402
from traced import injecting  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
KEY, KEY2, NAME = '12345', '54321', '/a_test'
KEYS = ['--shm-key', KEY, '--sem-key', KEY2]
BENCH = ['--messages', '2000', '--rounds', '1']
COMPARE = ['--sizes', '64', '--cores', '1', '--rounds', '1', '--messages', '20']

# A short run of each program that prints; and, where it takes one, its peer and what that says first.
PRODUCER = (['02-sysv-producer-consumer/producer', '--key', KEY], 'Sent message 1')
RUNS = {
    '01-posix-create/writer': (['--name', NAME], None),
    '01-posix-create/reader': (['--name', NAME], (['01-posix-create/writer', '--name', NAME], 'Press Enter')),
    '01-posix-create/same_page': ([], None),
    '01-posix-create/broken/writer': (['--name', NAME], None),
    '01-posix-create/broken/early': (['--name', NAME], None),
    '01-posix-create/broken/hasty_reader': (['--name', NAME], (['01-posix-create/writer', '--name', NAME], 'Press Enter')),
    '01-posix-create/broken/plain_flag': ([], None),
    '02-sysv-producer-consumer/producer': (['--key', KEY], None),
    '02-sysv-producer-consumer/consumer': (['--key', KEY], PRODUCER),
    '02-sysv-producer-consumer/file_key': (['/dev/null'], None),
    '02-sysv-producer-consumer/broken/producer': (['--key', KEY], None),
    '02-sysv-producer-consumer/broken/consumer': (['--key', KEY], PRODUCER),
    '02-sysv-producer-consumer/broken/null_check': (['--key', KEY], PRODUCER),
    '03-semaphore-critical-section/one_semaphore': (['--key', KEY], None),
    '03-semaphore-critical-section/worker': (KEYS, None),
    '03-semaphore-critical-section/otime': ([], None),
    '03-semaphore-critical-section/undo': ([], None),
    '03-semaphore-critical-section/broken/no_lock': (['--shm-key', KEY], None),
    '03-semaphore-critical-section/broken/resetting_worker': (KEYS, None),
    '04-large-mmap/attach': (['--name', NAME], None),
    '04-large-mmap/sender': (['--socket', NAME], None),
    '04-large-mmap/receiver': (['--socket', NAME], (['04-large-mmap/sender', '--socket', NAME], 'Waiting for a receiver')),
    '04-large-mmap/page_cost': (['--part', 'touch', '--size', '2M', '--rounds', '1'], None),
    '04-large-mmap/broken/sparse': (['--name', NAME, '--size', '64K'], None),
    '05-optimized-ring-buffer/ring_info': (['--name', NAME], None),
    '05-optimized-ring-buffer/ring_producer': (['--name', NAME], None),
    '05-optimized-ring-buffer/ring_consumer': (['--name', NAME], None),
    '05-optimized-ring-buffer/ladder': (BENCH, None),
    '05-optimized-ring-buffer/ring_bench': (['--only', 'ours', '--bytes', '8', *BENCH], None),
    '05-optimized-ring-buffer/wakeup_model': ([], None),
    '05-optimized-ring-buffer/double_mapping': ([], None),
    '05-optimized-ring-buffer/byte_ring_bench': (BENCH, None),
    '05-optimized-ring-buffer/broken/lost_wakeup': ([], None),
    '05-optimized-ring-buffer/broken/volatile_ring': (['--atomic'], None),
    '06-error-diagnostics/inspect': (['--key', KEY], PRODUCER),
    '06-error-diagnostics/safe_create': (['--key', KEY], None),
    '06-error-diagnostics/doctor': ([], None),
    '06-error-diagnostics/gallery': (['--only', 'name-missing'], None),
    '06-error-diagnostics/broken/inspect': (['--key', KEY], PRODUCER),
    '06-error-diagnostics/broken/safe_create': (['--key', KEY], PRODUCER),
    '07-performance-comparison/compare': (['--only', 'pipe', *COMPARE], None),
    '07-performance-comparison/broken/vmsplice': ([], None),
}
# It dies of SIGSEGV before anything is written: that is what it shows.
WITHOUT_OUTPUT = {'04-large-mmap/broken/after_munmap'}
# Their pages say that what they have created stays.
LEAVES = {'03-semaphore-critical-section/one_semaphore', '06-error-diagnostics/safe_create'}


def programs():
    found = {str(path.relative_to(PROGRAMS)) for pattern in ('[0-9][0-9]-*/*', '[0-9][0-9]-*/broken/*')
             for path in PROGRAMS.glob(pattern) if path.is_file() and os.access(path, os.X_OK)}
    assert len(found) > 20, found
    return sorted(found)


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name != 'SHM_WAIT_NOTICE_MS'}
    return {**kept, **more}


def start(words, **more):
    options = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE,
               'env': environment(), 'cwd': PROGRAMS, 'bufsize': 0, **more}
    return subprocess.Popen([f'./{words[0]}', *words[1:]], **options)


def run(*words, **more):
    with start(words, **more) as process:
        out, err = process.communicate(timeout=200)
    return process.returncode, None if out is None else out.decode(), None if err is None else err.decode()


def read_until(stream, text):
    """Reads byte by byte, so that nothing after it is taken away from whoever reads on."""
    seen = b''
    while text.encode() not in seen:
        byte = os.read(stream if isinstance(stream, int) else stream.fileno(), 1)
        assert byte, f'ended without {text!r}: {seen!r}'
        seen += byte
    return seen.decode()


@contextlib.contextmanager
def running(words, text):
    """A program that has said `text`, until the block ends."""
    process = start(words)
    try:
        read_until(process.stdout, text)
        yield process
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def nobody_reads():
    """A pipe whose reader has gone, as that of `| head` has."""
    reads, writes = os.pipe()
    os.close(reads)
    try:
        yield writes
    finally:
        os.close(writes)


def left():
    """What is in our own namespaces."""
    things = [f'/dev/shm/{name}' for name in os.listdir('/dev/shm')]
    for table in ('shm', 'sem', 'msg'):
        lines = pathlib.Path(f'/proc/sysvipc/{table}').read_text().splitlines()[1:]
        things += [f'{table} {line.split()[:2]}' for line in lines]  # key and id
    return things


def remove_all():
    subprocess.run(['ipcrm', '--all'], check=True)
    for name in os.listdir('/dev/shm'):
        os.unlink(f'/dev/shm/{name}')


class Help(unittest.TestCase):
    def test_h_is_help(self):
        for program in programs():
            with self.subTest(program):
                status, out, err = run(program, '--help')
                self.assertEqual((status, err), (0, ''))
                self.assertIn('Usage:', out)
                self.assertEqual(run(program, '-h'), (0, out, ''))

    def test_help_fits_a_terminal(self):
        for program in programs():
            with self.subTest(program):
                self.assertEqual([line for line in run(program, '--help')[1].splitlines() if len(line) > 80], [])

    def test_help_ends_quietly_when_nobody_reads_on(self):
        for program in programs():
            with self.subTest(program), nobody_reads() as output:
                self.assertEqual(run(program, '--help', stdout=output), (-signal.SIGPIPE, None, ''))

    def test_each_option_that_takes_a_value_shows_its_default(self):
        for program in programs():
            for line in run(program, '--help')[1].splitlines():
                option = re.match(r'  (?:-\w,)?(--[\w-]+) (\S.*)', line)  # two spaces: a flag
                if not option:
                    continue
                with self.subTest(program, option=option[1]):
                    self.assertRegex(option[2], r'(=| \[)\S')  # as CLI11 2.1, or 2.4, writes it

    def test_a_wait_lasts_a_minute_by_default(self):
        waits = [program for program in programs() if '--timeout-ms' in run(program, '--help')[1]]
        self.assertGreater(len(waits), 7)
        for program in set(waits) - {'05-optimized-ring-buffer/broken/lost_wakeup'}:  # waits in vain
            with self.subTest(program):
                self.assertRegex(run(program, '--help')[1], r'--timeout-ms MS(=| \[)60000')


class ClosedOutput(unittest.TestCase):
    def test_no_program_was_forgotten(self):
        self.assertEqual(set(programs()) - WITHOUT_OUTPUT - set(RUNS), set())

    def test_a_program_ends_quietly_when_nobody_reads_on(self):
        for program in programs():
            if program in WITHOUT_OUTPUT:
                continue
            words, peer = RUNS[program]
            remove_all()
            with self.subTest(program), contextlib.ExitStack() as stack:
                if peer:
                    stack.enter_context(running(*peer))
                output = stack.enter_context(nobody_reads())
                before = left()
                ended = run(program, *words, stdout=output, stdin=subprocess.DEVNULL,
                            env=environment(SHM_WAIT_NOTICE_MS='never'))
                # The machine's load, or how this was built, may give cause for a warning.
                # One that leaves something for others says so also to nobody: what it is, and how to remove it.
                err = re.sub(r'\w+: (warning: |segment \d+ stays until ).*\n', '', ended[2])
                self.assertEqual((ended[0], err), (-signal.SIGPIPE, ''))
                if '/broken/' not in program and program not in LEAVES:
                    self.assertLessEqual(set(left()), set(before))
        remove_all()

    def test_a_full_output_is_a_failure_as_ever(self):
        with open('/dev/full', 'w') as full:
            status, _, err = run('01-posix-create/writer', '--name', NAME, stdout=full)
        self.assertEqual(status, 1)
        self.assertIn('No space left on device', err)
        self.assertEqual(left(), [])


class Prompts(unittest.TestCase):
    PROMPTS = {
        '01-posix-create/writer': (['--name', NAME], 'Press Enter to continue...'),
        '02-sysv-producer-consumer/broken/producer':
            (['--key', KEY, '--messages', '2', '--pause'], 'Press Enter to send the next one...'),
        '03-semaphore-critical-section/one_semaphore': (['--key', KEY], 'Press Enter to leave'),
        '03-semaphore-critical-section/worker': ([*KEYS, '--pause'], 'until you press Enter'),
        '03-semaphore-critical-section/broken/no_lock':
            (['--shm-key', KEY, '--pause'], 'Press Enter to write what I read, plus 1...'),
        '04-large-mmap/attach': (['--name', NAME], 'Press Enter to detach...'),
        '05-optimized-ring-buffer/ring_info': (['--name', NAME, '--pause'], 'Press Enter to end...'),
    }

    def stop_and_continue(self, pid):
        """As Ctrl-Z and fg do; SIGSTOP, since a pty has no shell that would take over from SIGTSTP."""
        os.kill(pid, signal.SIGSTOP)
        self.assertTrue(os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1]))
        os.kill(pid, signal.SIGCONT)

    def test_at_a_terminal_the_prompt_stands_there_again(self):
        for program, (words, prompt) in self.PROMPTS.items():
            remove_all()
            with self.subTest(program):
                pid, terminal = pty.fork()
                if pid == 0:
                    signal.alarm(20)  # whatever hangs
                    os.execv(PROGRAMS / program, [program, *words])
                for _ in range(2):
                    read_until(terminal, prompt)
                    self.stop_and_continue(pid)
                read_until(terminal, prompt)
                os.write(terminal, b'\n')
                self.assertEqual(os.waitpid(pid, 0)[1], 0)
                os.close(terminal)
        remove_all()

    def test_elsewhere_it_is_said_once(self):
        with start(['01-posix-create/writer', '--name', NAME]) as writer:
            said = read_until(writer.stdout, 'Press Enter to continue...\n')
            self.stop_and_continue(writer.pid)
            out, err = writer.communicate(b'\n', timeout=200)
        self.assertEqual((writer.returncode, err), (0, b''))
        self.assertEqual((said + out.decode()).count('Press Enter'), 1)


class Waits(unittest.TestCase):
    """The notice comes on standard error, after a while, and names a command that ends the wait."""

    def check(self, *words):
        first = start(words, stdout=subprocess.DEVNULL)
        with first:
            notice = read_until(first.stderr, '\n')
            found = re.fullmatch(r'\w+: waiting up to 60 s for (.*?); in a second terminal: (.*?)'
                                 r'(; after Ctrl-Z: fg)?\n', notice)
            self.assertTrue(found, notice)
            second = subprocess.run(found[2], shell=True, cwd=PROGRAMS, env=environment(), timeout=200,
                                    stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual((second.returncode, second.stderr), (0, b''), notice)
            self.assertEqual(first.communicate(timeout=200)[1], b'')
        self.assertEqual(first.returncode, 0)
        self.assertEqual(left(), [])

    def test_producer(self):
        self.check('02-sysv-producer-consumer/producer', '--key', '777')
        self.check('02-sysv-producer-consumer/producer', '--key', '777', '--messages', '2')

    def test_consumer(self):
        self.check('02-sysv-producer-consumer/consumer', '--key', '777', '--messages', '3')

    def test_ring_producer(self):
        self.check('05-optimized-ring-buffer/ring_producer', '--name', NAME, '--count', '10')

    def test_ring_consumer(self):
        self.check('05-optimized-ring-buffer/ring_consumer', '--name', NAME)


class Numbers(unittest.TestCase):
    """One is one."""

    def test_one_is_no_plural(self):
        for words in (['06-error-diagnostics/gallery', '--only', 'name-missing'],
                      ['06-error-diagnostics/gallery', '--only', 'shmget-over-shmmni'],
                      ['05-optimized-ring-buffer/broken/volatile_ring', '--count', '1'],
                      ['04-large-mmap/page_cost', '--part', 'touch', '--size', '2M', '--rounds', '1'],
                      ['05-optimized-ring-buffer/wakeup_model']):
            if not (PROGRAMS / words[0]).exists():
                continue  # not in every build
            with self.subTest(words):
                _, out, err = run(*words)
                self.assertNotRegex(out + err, r'(?<![\d.,])1 [a-z]+s\b(?<!1 is)')
                self.assertNotRegex(out + err, r'\((s|es)\)')

    def test_one_byte(self):
        self.assertEqual(run('06-error-diagnostics/safe_create', '--key', '0x51', '--size', '1')[0], 0)
        out = run('06-error-diagnostics/inspect', '--key', '0x51')[1]
        subprocess.run(['ipcrm', '-M', '0x51'], check=True)
        self.assertIn('Segment size: 1 byte\n', out)

    def test_one_message(self):
        with start(['05-optimized-ring-buffer/ring_producer', '--name', NAME, '--count', '1']) as producer:
            out = run('05-optimized-ring-buffer/ring_consumer', '--name', NAME)[1]
            self.assertIn('Received 1 message, each', out)
            self.assertIn(b'Sent 1 message, the', producer.communicate(timeout=200)[0])


    def test_a_rate_is_messages_by_seconds_and_has_their_bytes(self):
        count = 3_000_000
        with start(['05-optimized-ring-buffer/ring_producer', '--name', NAME, '--count', str(count)]) as producer:
            out = run('05-optimized-ring-buffer/ring_consumer', '--name', NAME)[1]
            out += producer.communicate(timeout=200)[0].decode()
        found = re.findall(r'(\w+): ([\d.]+) s, ([\d.]+) million messages/s, (\d+) MB/s', out)
        self.assertEqual([who for who, *_ in found], ['Consumer', 'Producer'], out)
        for who, *figures in found:
            seconds, millions, megabytes = (float(figure) for figure in figures)
            # As exactly as they are printed: 0.01 s, 0.1 million, 1 MB.
            least, most = (count / 1e6 / (seconds + off) for off in (0.006, -0.006))
            self.assertTrue(least - 0.06 <= millions <= most + 0.06 or seconds < 0.02, out)
            self.assertAlmostEqual(megabytes, 4 * millions, delta=1, msg=who)  # a message has 4 bytes


class Tables(unittest.TestCase):
    RUNS = (
        ['04-large-mmap/page_cost', '--size', '4M', '--random-size', '4M', '--rounds', '1'],
        ['05-optimized-ring-buffer/ladder', '--why', *BENCH],
        ['05-optimized-ring-buffer/ring_bench', *BENCH],
        ['05-optimized-ring-buffer/byte_ring_bench', *BENCH],
        ['05-optimized-ring-buffer/wakeup_model', '--all'],
        ['05-optimized-ring-buffer/broken/lost_wakeup', '--tries', '100'],
        ['07-performance-comparison/compare', '--quick', '--messages', '8', '--rounds', '1'],
    )

    def check(self, text):
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_a_table_fits_80_columns(self):
        for words in self.RUNS:
            with self.subTest(words):
                status, out, err = run(*words)
                self.assertEqual(status, 0, err)
                self.check(out)

    def test_compare_counts_calls_or_says_why_not(self):
        words = ['07-performance-comparison/compare', '--only', 'pipe', '--rounds', '1',
                 '--messages', '20']
        small = [*words, '--sizes', '64']
        status, out, _ = run(*small, env=environment(PATH='/nowhere'))
        self.assertEqual(status, 0)
        self.assertIn('calls ?: it takes strace', out)
        if subprocess.run(['strace', '-o', '/dev/null', 'true'], capture_output=True).returncode != 0:
            self.skipTest('needs strace, and leave to trace')
        out = run(*words, '--sizes', '64K', '--quick')[1]
        self.assertIn('calls ?: with --quick they are counted up to 4 KiB only', out)
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest('needs two CPUs')
        small += ['--cores', '2']
        for quick in ([], ['--quick']):
            # AddressSanitizer's search for leaks does not work under strace.
            status, out, _ = run(*small, *quick, env=environment(ASAN_OPTIONS='detect_leaks=0'))
            self.assertEqual(status, 0)
            # A message is one write and one read, and neither side makes another call.
            self.assertRegex(out, r'(?m)^pipe .* 2\.0    2 ')
            self.assertNotIn('?', out)

    def test_doctor_loses_nothing_of_what_is_long(self):
        names = ['a' * 21, 'b' * 60, 'c' * 200]
        program = '/dev/shm/' + 'p' * 15
        shutil.copy('/bin/sleep', program)
        os.chmod(program, 0o700)
        fds = [os.open(f'/dev/shm/{name}', os.O_CREAT | os.O_RDWR, 0o600) for name in names]
        with subprocess.Popen([program, '100'], pass_fds=fds) as user:
            try:
                status, out, _ = run('06-error-diagnostics/doctor')
            finally:
                user.kill()
        for fd in fds:
            os.close(fd)
        remove_all()
        self.assertEqual(status, 0)
        # Commands are to be copied, and so are not broken.
        self.check('\n'.join(line for line in out.splitlines() if not line.startswith('      ')
                             or line.startswith(' ' * 22)))
        together = re.sub(r'\n? +', '', out)
        for name in names:
            self.assertIn(name, together)
        self.assertIn('p' * 15, out)

    def test_the_report_of_thread_sanitizer_fits_a_screen(self):
        program = '05-optimized-ring-buffer/broken/volatile_ring'
        if not (PROGRAMS / program).exists():
            self.skipTest('needs ThreadSanitizer')
        status, _, short = run(program)
        self.assertEqual(status, 66)
        self.assertLessEqual(len(short.splitlines()), 24)
        self.assertIn('volatile_ring --whole', short)
        status, _, whole = run(program, '--whole')
        self.assertEqual(status, 66)
        self.assertGreater(len(whole.splitlines()), 60)
        left_out = int(re.search(r'(\d+) lines of the reports left out', short)[1])
        self.assertGreater(left_out, 40)


class FailedChildren(unittest.TestCase):
    """A child that fails is no proof of anything: its parent says so."""

    def test_undo(self):
        strace = injecting('semop,semtimedop:error=EINVAL:when=1')   # of each process the first; glibc makes the second of the first
        if not strace:
            self.skipTest('strace may not trace here')
        ended = subprocess.run([*strace, PROGRAMS / '03-semaphore-critical-section' / 'undo'], text=True, timeout=60,
                               capture_output=True)
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertIn('the child failed; see its message above', ended.stderr)
        self.assertNotIn('killed:', ended.stdout)


class Lacking(unittest.TestCase):
    """What compare cannot have here is skipped, with the reason, and the others are measured."""

    def compare(self, only, *words, before=(), **environment):
        ended = subprocess.run([*before, PROGRAMS / '07-performance-comparison' / 'compare', '--only', only, *words,
                                '--cores', '1', '--rounds', '1', '--messages', '3'], text=True, timeout=200,
                               capture_output=True, env={**os.environ, **environment})
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertRegex(ended.stdout, r'(?m)^pipe +\d')
        self.printed = ended.stdout
        return ' '.join(ended.stdout.split())

    def refusing(self, call):
        strace = injecting(call)
        if not strace:
            self.skipTest('strace may not trace here')
        return strace

    def test_a_file_where_its_folder_is_to_be(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, f'compare-{os.geteuid()}')
            place.touch()
            said = self.compare('FIFO;pipe', '--sizes', '64', TMPDIR=folder)
            self.assertIn(f'FIFO - {place}: Not a directory; remove it, or set TMPDIR', said)

    def test_a_folder_of_another_account_in_its_place(self):
        if not can_be_others():
            self.skipTest('only a root that can be others can give a folder to another account')
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, f'compare-{os.geteuid()}')
            place.mkdir()
            os.chown(place, 12345, 12345)
            said = self.compare('FIFO;pipe', '--sizes', '64', TMPDIR=folder)
            self.assertIn(f'FIFO - {place}: belongs to another account', said)

    def test_a_kernel_without_memfd_create(self):
        strace = self.refusing('memfd_create:error=ENOSYS')
        said = self.compare('memfd, handed over;pipe', '--sizes', '64K', before=strace)
        self.assertIn('memfd, handed over - memfd_create: Function not implemented', said)

    def test_a_filter_of_calls_that_refuses_vmsplice(self):
        strace = self.refusing('vmsplice:error=EPERM')
        said = self.compare('pipe, vmsplice;pipe', '--sizes', '64K', before=strace)
        self.assertIn('pipe, vmsplice - vmsplice: Operation not permitted', said)
        ended = subprocess.run([*strace, PROGRAMS.parent / 'tests' / 'harness' / 'scenes', 'run',
                                pathlib.Path(__file__).resolve().parents[2] / 'lessons' / '07-performance-comparison',
                                '--programs', PROGRAMS / '07-performance-comparison',
                                '--scene', 'a page for each message in the pipe'], text=True, timeout=200, capture_output=True)
        self.assertEqual((ended.returncode, ended.stdout.strip()), (77, 'skipped: needs vmsplice: Operation not permitted'))

    def test_a_filter_of_calls_that_refuses_move_pages(self):
        strace = self.refusing('move_pages:error=EPERM')
        name = f'/lacking-{os.getpid()}'
        ended = subprocess.run([*strace, PROGRAMS / '05-optimized-ring-buffer' / 'ring_info', '--name', name],
                               text=True, timeout=200, capture_output=True)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn('got no error, and move_pages may not ask: Operation not permitted', ended.stdout)

    def test_an_account_that_may_not_have_an_ipc_namespace(self):
        strace = self.refusing('unshare:error=EPERM')
        self.compare('System V queue;pipe', '--sizes', '64', before=strace)
        # One row: the scene of all mechanisms knows no other.
        self.assertRegex(self.printed, r'(?m)^System V queue     - kill -9 would leave it; needs an IPC namespace of its own$')


class Plots(unittest.TestCase):
    def test_a_figure_that_has_nothing_to_show_is_left_out_and_said(self):
        if not shutil.which('gnuplot'):
            self.skipTest('needs gnuplot')
        compare = ['07-performance-comparison/compare', '--only', 'pipe', '--sizes', '64', '--rounds', '2',
                   '--messages', '50', '--cores']
        for cores, drawn in (('2', {'latency', 'throughput'}), ('1', set())):
            with self.subTest(cores=cores), tempfile.TemporaryDirectory() as folder:
                if cores == '2' and len(os.sched_getaffinity(0)) < 2:
                    self.skipTest('needs two CPUs')
                pathlib.Path(folder, 'tail.svg').write_text('of an earlier run')
                status, _, err = run(*compare, cores, '--plot', folder)
                self.assertEqual(status, 0, err)
                self.assertEqual({path.stem for path in pathlib.Path(folder).glob('*.svg')}, drawn)
                self.assertNotIn('fitting plot titles', err)  # gnuplot, of a legend without room
                for picture in {'latency', 'throughput', 'tail'} - drawn:
                    self.assertIn(f'{picture}.svg is left out: ', err)

    RECORDED = {
        '04-large-mmap/page_cost': {'first-touch', 'random-access'},
        '05-optimized-ring-buffer/ladder': {'ladder'},
        '05-optimized-ring-buffer/ring_bench': {'throughput', 'throughput-far', 'round-trip'},
        '07-performance-comparison/compare': {'latency', 'tail', 'throughput'},
    }

    def test_the_records_of_the_pages_are_drawn(self):
        if not shutil.which('gnuplot'):
            self.skipTest('needs gnuplot')
        for program, figures in self.RECORDED.items():
            record = SOURCE / 'docs' / 'measurements' / f'{pathlib.Path(program).name}.json'
            with self.subTest(program), tempfile.TemporaryDirectory() as folder:
                status, out, err = run(program, '--from', str(record), '--plot', folder)
                self.assertEqual((status, out, err), (0, '', ''))
                drawn = {path.stem: path.read_text() for path in pathlib.Path(folder).glob('*.svg')}
                self.assertEqual(set(drawn), figures)
                date = json.loads(record.read_text())['machine']['date']
                for svg in drawn.values():
                    self.assertIn(f'; {date}</text>', svg)  # when, and below on what machine
                    self.assertIn('style="fill:var(--page-foreground-color,#24323f)"', svg)

    def test_what_was_measured_is_drawn_as_it_was_recorded(self):
        if not shutil.which('gnuplot'):
            self.skipTest('needs gnuplot')
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            status, _, err = run('04-large-mmap/page_cost', '--part', 'touch', '--size', '2M', '--rounds', '1',
                                 '--json', f'{place}/record.json', '--plot', f'{place}/now')
            self.assertEqual(status, 0, err)
            self.assertIn('random-access.svg is left out: random access was not measured', err)
            plain = json.loads((place / 'record.json').read_text())['first_touch'][0]
            row, nanoseconds = (place / 'now/first-touch.dat').read_text().split()[:2]
            self.assertEqual((row, float(nanoseconds)), ('1', plain['touch_ns_per_page']))
            status, _, err = run('04-large-mmap/page_cost', '--from', f'{place}/record.json', '--plot', f'{place}/later')
            self.assertEqual(status, 0, err)
            self.assertEqual((place / 'now/first-touch.svg').read_text(), (place / 'later/first-touch.svg').read_text())

    def test_what_cannot_be_drawn_is_said(self):
        if not shutil.which('gnuplot'):
            self.skipTest('needs gnuplot')
        for program in self.RECORDED:
            with self.subTest(program), tempfile.TemporaryDirectory() as folder:
                record = pathlib.Path(folder, 'record.json')
                plot = ['--from', str(record), '--plot', f'{folder}/plots']
                self.assertEqual(run(program, '--from', str(record))[0], 2)
                self.assertEqual(run(program, *plot, '--json', f'{folder}/other.json')[0], 2)
                for text, message in ((None, 'cannot be read'), ('{', 'is no JSON'),
                                      ('{"rows": []}', 'the record lacks what a figure shows')):
                    if text:
                        record.write_text(text)
                    status, _, err = run(program, *plot)
                    self.assertEqual(status, 1)
                    self.assertIn(message, err)
                status, _, err = run(program, *plot, env=environment(PATH='/nowhere'))
                self.assertEqual(status, 1)
                self.assertIn('--plot needs gnuplot; install it: apt install gnuplot-nox', err)


if __name__ == '__main__':
    enter_own_namespaces()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
