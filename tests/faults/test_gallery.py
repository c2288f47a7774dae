#!/usr/bin/env python3
"""Lesson 06's gallery: every mistake comes out as it has to, none is missing, and nothing is left.

    test_gallery.py [TEST] GALLERY SCHEMA

Prints "skipped: reason" where user namespaces are not allowed, for the tests in them.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from schema import Schema  # noqa: E402
from traced import injecting  # noqa: E402

SCHEMA = Schema(sys.argv.pop())
GALLERY = sys.argv.pop()

# Each kind of mistake that one program can make: a row that is taken out is missed here.
ROWS = {
    'Objects and their sizes': 'mmap-before-ftruncate touch-beyond-end peer-shrinks full-write full-fallocate memfd-beyond-dev-shm no-inodes '
    'file-size-limit file-size-signal ftruncate-negative ftruncate-zero ftruncate-read-only beyond-100-bytes no-descriptors',
    'Mappings': 'mmap-zero mmap-negative mmap-offset mmap-kind mmap-private mmap-anonymous-object mmap-closed mmap-read-only mmap-not-mappable mmap-too-large huge-object '
    'huge-pool-empty huge-advice mmap-noexec dontneed-shared mprotect-read-only munmap-inside write-read-only after-munmap',
    'Limits': 'shmget-over-shmmax shmget-over-shmall shmget-over-shmmni shmget-no-memory shmget-huge shmget-huge-user '
    'shmget-zero semget-over-semmsl semget-over-semmni semget-over-semmns mlock-over-limit mlock-none address-space '
    'mmap-too-many mq-too-many mq-over-bytes',
    'Names': 'name-missing name-taken name-with-space name-slash name-only-slash name-empty name-too-long name-no-slash name-of-semaphore '
    'name-of-folder semaphore-too-long semaphore-missing semaphore-taken semaphore-foreign left-behind half-made nameless',
    'Other users': 'object-of-another object-sandboxed unlink-of-another create-of-another squatted object-0666 segment-0666 '
    'segment-of-another segment-asked-nothing segment-given-away attach-of-another remove-of-another object-unmapped '
    'segment-unmapped',
    'Keys and ids': 'key-missing key-taken key-smaller key-shared ftok-missing key-after-removal id-after-removal id-removed '
    'stat-removed attach-unaligned attach-taken',
    'Semaphores': 'set-smaller set-taken semop-outside semop-too-many semop-over-range semop-would-wait set-reset '
    'setval-no-otime setval-over-range',
    'Semaphores while they are used': 'holder-killed undo-on-p-only undo-over-range semop-interrupted set-removed-waiting '
    'set-removed',
    'Locks, and owners that die': 'mutex-owner-killed robust-owner-killed robust-not-repaired robust-no-list '
    'robust-two-namespaces robust-unmapped mutex-overwritten mutex-twice handler-locks rwlock-reader-killed',
    'Waiting': 'condition-waiter-killed barrier-waiter-killed semaphore-holder-killed semaphore-not-shared '
    'timedwait-interrupted wrong-clock-semaphore wrong-clock-mutex '
    'mutex-private private-futex',
    'What lies in the memory': 'pointer-inside old-layout other-abi foreign-data lost-update index-wraps',
    'A peer that means harm': 'index-out-of-range double-fetch seal-shrink seal-grow seal-no-holes seal-future-write '
    'seal-write-mapped seals-not-asked seal-object memfd-opened-again memfd-chmod memfd-sealed',
    'No error where the mistake is': 'shmat-null sigbus-handler-returns sem-open-full sem-failed-unchecked '
    'object-unlinked-at-once semaphore-unlinked-at-once second-producer set-without-creator left-by-root old-segment-size '
    'flag-before-data',
}

# What the message has to say of the reason: which of errno's it was, with its figures.
REASONS = {
    'full-fallocate': '1048576 bytes do not fit: /dev/shm is 65536 bytes, 0 in use; raise it: mount -o remount,size=N /dev/shm',
    'no-inodes': '/dev/shm is 1 file, 1 in use; raise it: mount -o remount,nr_inodes=N',
    'file-size-limit': '8192 bytes: RLIMIT_FSIZE is 4096 bytes; raise it: ulimit -f',
    'ftruncate-negative': '-1 is no length',
    'ftruncate-read-only': 'for reading only; open it O_RDWR',
    'no-descriptors': 'RLIMIT_NOFILE is 3 files; raise it: ulimit -n',
    'mmap-zero': 'at least 1 byte',
    'mmap-negative': 'was a negative number taken for a size',
    'mmap-offset': 'the offset 100 is no multiple of the page',
    'mmap-kind': 'neither MAP_SHARED nor MAP_PRIVATE',
    'mmap-closed': 'is not open',
    'mmap-read-only': 'for reading only; open it O_RDWR, or map it PROT_READ',
    'mmap-not-mappable': 'this kind of file cannot be mapped',
    'mmap-too-large': '4611686018427387904 bytes are more than any address space has; look where the size comes from',
    'huge-object': 'MAP_HUGETLB takes no object of shm_open; make it with memfd_create',
    'huge-pool-empty': 'vm.nr_hugepages is',
    'mmap-noexec': 'mounted noexec: map it without PROT_EXEC',
    'mprotect-read-only': 'from a descriptor that is for reading only',
    'munmap-inside': 'the address is no multiple of the page',
    'shmget-over-shmmax': '2097152 bytes: kernel.shmmax is 1048576 bytes; raise it: sysctl -w kernel.shmmax=N',
    'shmget-over-shmall': '17 pages more: kernel.shmall is 16 pages, 0 in use',
    'shmget-over-shmmni': 'kernel.shmmni is 1 segment, 1 in use',
    'shmget-no-memory': '70368744177664 bytes asked for, the machine has',
    'shmget-huge': 'leave SHM_HUGETLB out',
    'shmget-huge-user': 'CAP_IPC_LOCK',
    'shmget-zero': 'a new segment has at least 1 byte',
    'semget-over-semmsl': 'kernel.sem (semmsl) is',
    'semget-over-semmni': "kernel.sem (semmni) is 1 set, 1 in use; raise it: sysctl -w kernel.sem='32000 1024000000 500 N'",
    'semget-over-semmns': '11 semaphores more: kernel.sem (semmns) is 10 semaphores, 0 in use',
    'mlock-over-limit': '65536 bytes more: RLIMIT_MEMLOCK is 4096 bytes',
    'mlock-none': 'RLIMIT_MEMLOCK is 0 bytes',
    'address-space': '1073741824 bytes more than this process may have: RLIMIT_AS is',
    'mmap-too-many': 'vm.max_map_count is ',
    'mq-too-many': '100000 messages: ',  # the limit depends on CAP_SYS_RESOURCE
    'mq-over-bytes': '10240 bytes and what the kernel adds to them: RLIMIT_MSGQUEUE is 1000 bytes',
    'name-missing': 'no process has created it',
    'name-taken': 'it belongs to you, mode 0600; if no program uses it any more, remove it: rm /dev/shm/',
    'name-with-space': "remove it: rm '/dev/shm/shared-memory-gallery 2'",
    'name-slash': "the name '/a/b' has a second slash",
    'name-only-slash': 'has nothing after the slash',
    'name-empty': 'is empty',
    'name-too-long': 'has 256 characters',
    'semaphore-too-long': 'at most 251 characters, this one 252',
    'semaphore-taken': 'remove it: rm /dev/shm/sem.',
    'object-of-another': 'it belongs to user root, mode 0600',
    'object-sandboxed': 'it belongs to you, mode 0600, which allows it: ',
    'unlink-of-another': 'it belongs to user root, mode 0666, and /dev/shm is sticky',
    'create-of-another': 'fs.protected_regular',
    'segment-of-another': 'belongs to user root, mode 0600',
    'segment-given-away': 'its uid is ours, its mode 0600, and user 65534 attaches it',
    'object-unmapped': 'stat shows it as ours',
    'segment-unmapped': 'owner and creator are shown as 65534, and so are we',
    'attach-of-another': 'belongs to user root, mode 0600',
    'remove-of-another': 'belongs to user root, mode 0666: only its owner may do that',
    'key-missing': 'no segment has this key',
    'key-taken': 'has this key, made by process',
    'key-smaller': 'has this key and 1000 bytes, 4096 were asked for',
    'id-removed': 'no segment has this id',
    'stat-removed': 'no segment has this id',
    'attach-unaligned': 'the address is no multiple of 4096 (SHMLBA)',
    'attach-taken': 'something is mapped at that address',
    'set-smaller': 'has this key and 1 semaphore, 3 were asked for',
    'set-taken': 'remove it: ipcrm -S 0x67616c6c',
    'semop-outside': 'semaphore 7 was meant, the set has 3',
    'semop-too-many': 'kernel.sem (semopm) is',
    'semop-over-range': 'semaphore 0 is 32767, and 1 more exceed 32767',
    'semop-would-wait': 'semaphore 0 is 0, and would have to be at least 1',
    'setval-over-range': 'not 40000',
    'undo-over-range': 'what SEM_UNDO would have to undo',
    'set-removed': 'no set has this id',
    'mutex-twice': 'this thread holds it already',
    'robust-owner-killed': 'pthread_mutex_consistent',
    'robust-two-namespaces': 'pthread_mutex_consistent',
    'robust-not-repaired': 'without pthread_mutex_consistent',
    'old-layout': 'layout 1 of 64 bytes, but this program knows layout 2 of 96 bytes',
    'other-abi': 'made by a program with pointers of ',
    'memfd-sealed': 'mmap, mprotect, MADV_REMOVE, /proc/self/mem, more seals are refused; the sender still writes',
    'seal-shrink': 'F_SEAL_SHRINK is on it',
    'seal-grow': 'F_SEAL_GROW is on it',
    'seal-future-write': 'F_SEAL_FUTURE_WRITE is on it: map it PROT_READ',
}


def left():
    """What stands under the gallery's own names and keys, outside of its namespaces."""
    files = [name for name in os.listdir('/dev/shm') if 'shared-memory-gallery' in name]
    for table in ('shm', 'sem'):
        with open(f'/proc/sysvipc/{table}') as lines:
            files += [line for line in lines if line.split()[0] == str(0x67616c6c)]
    return files


def run(*words, **options):
    return subprocess.run([GALLERY, *words], capture_output=True, text=True, timeout=240, **options)


class AsExpected(unittest.TestCase):
    """What is expected of each row, whoever runs it."""

    def tearDown(self):
        self.assertEqual(left(), [])

    def check(self, ran):
        found = json.loads(ran.stdout)
        SCHEMA.check(found)
        for row in found['rows']:
            with self.subTest(row['id']):
                self.assertTrue(row['as_expected'], row)
                for key in ('section', 'id', 'fault', 'call', 'expected', 'cause', 'cure'):
                    self.assertTrue(row[key])
                if row['not_here'] is None:
                    self.assertEqual(row['seen'], row['expected'])
                    self.assertTrue(row['message'])
                else:
                    self.assertTrue(row['not_here'])
                    self.assertIsNone(row['seen'])
                if row['not_here'] is None:
                    self.assertIn(REASONS.get(row['id'], ''), row['message'])
                if row['not_here'] is None and row['expected'].startswith('E'):
                    self.assertTrue(row['message'].startswith(row['call'].split()[0]), row['message'])
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return {row['id']: row['message'] for row in found['rows']}


class Gallery(AsExpected):
    def test_every_mistake_comes_out_as_it_has_to(self):
        self.check(run('--json'))

    def test_no_mistake_is_missing(self):
        shown = {}
        for row in json.loads(run('--json').stdout)['rows']:
            shown.setdefault(row['section'], []).append(row['id'])
        self.assertLessEqual(REASONS.keys(), {row for ids in shown.values() for row in ids})
        self.assertEqual(shown, {section: ids.split() for section, ids in ROWS.items()})

    def test_text_and_json_tell_the_same(self):
        def without_id(text):  # each run makes a set of its own
            return re.sub(r'set \d+', 'set N', text)
        text = without_id(run('--only', 'semop-outside').stdout)
        row, = json.loads(run('--json', '--only', 'semop-outside').stdout)['rows']
        for key in ('call', 'fault', 'seen', 'message', 'cause', 'cure'):
            self.assertIn(without_id(row[key]), text)

    def test_wrong_usage_is_status_2(self):
        for words in (['--bogus'], ['--only', 'no-such-row']):
            self.assertEqual(run(*words).returncode, 2)

    def test_ended_at_any_moment_it_leaves_nothing(self):
        """Killed, it may leave what has a name where it has no namespaces of its own: the next one removes that."""
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            for rows in (1, 20, 60):
                with self.subTest(kind=kind, rows=rows):
                    process = subprocess.Popen([GALLERY], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                    for line in process.stdout:
                        rows -= 'cure:' in line
                        if rows == 0:
                            break
                    process.send_signal(kind)
                    process.stdout.close()
                    self.assertIn(process.wait(), (-kind, 1))  # 1: its output is closed
                    if kind == signal.SIGKILL:
                        self.assertEqual(run('--only', 'name-taken').returncode, 0)
                    self.assertEqual(left(), [])

    def lacking(self, words, *gallery):
        """What the gallery comes to where `words` keep something from it: the reasons of what it skips."""
        ran = subprocess.run([*words, GALLERY, '--json', *gallery], capture_output=True, text=True, timeout=240)
        self.check(ran)
        return {row['id']: row['not_here'] for row in json.loads(ran.stdout)['rows'] if row['not_here']}

    def traced(self, *inject):
        words = injecting(*inject)
        if not words:
            self.skipTest('needs strace')
        return words

    def test_what_the_kernel_lacks_is_skipped_with_the_reason(self):
        skipped = self.lacking(self.traced('memfd_create:error=ENOSYS'), '--only', 'e')
        for row in ('seal-shrink', 'mutex-owner-killed', 'private-futex', 'lost-update'):
            self.assertIn('does not have the call (memfd_create gallery', skipped[row])
        skipped = self.lacking(self.traced('shmget,semget,shmat,semop,shmctl,semctl:error=ENOSYS'), '--only', '-')
        for row in ('key-taken', 'set-taken', 'holder-killed', 'segment-0666'):
            self.assertIn('does not have the call', skipped[row])

    def test_without_robust_lists_the_rows_that_need_them_say_so(self):
        skipped = self.lacking(self.traced('set_robust_list:error=ENOSYS'), '--only', 'robust')
        for row in ('robust-owner-killed', 'robust-not-repaired', 'robust-two-namespaces'):
            self.assertIn('knows no robust lists', skipped[row])
        self.assertNotIn('robust-no-list', skipped)

    def test_without_pid_namespaces_the_row_that_needs_them_says_so(self):
        if os.geteuid() != 0:
            self.skipTest('needs root: else the first unshare is for a user namespace')
        skipped = self.lacking(self.traced('unshare:error=EPERM:when=2'), '--only', 'robust-two-namespaces')
        self.assertIn('pid namespace', skipped['robust-two-namespaces'])

    def test_what_cannot_be_mounted_is_skipped_with_the_reason(self):
        mounts = int(os.geteuid() == 0) and 3  # enter() makes two, the row the third
        if not mounts:
            self.skipTest('needs root, for namespaces without a user namespace')
        skipped = self.lacking(self.traced('mount:error=EPERM:when=3'), '--only', 'full-')
        self.assertEqual(skipped.keys(), {'full-write', 'full-fallocate'})
        self.assertIn('may not be mounted: Operation not permitted', skipped['full-write'])

    def test_without_dev_shm_it_goes_on(self):
        if os.geteuid() != 0:
            self.skipTest('needs root, to mount')
        words = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /dev && exec "$@"', '-']
        skipped = self.lacking(words)
        self.assertIn('there is no folder /dev/shm', skipped['name-taken'])
        self.assertIn('a child of it lacks', skipped['left-behind'])
        self.assertNotIn('seal-shrink', skipped)
        self.assertNotIn('key-taken', skipped)

    def test_what_could_not_be_removed_is_said_and_a_failure(self):
        words = self.traced('unshare:error=EPERM', 'unlink:error=EACCES:when=4+')  # after the first sweep
        ran = subprocess.run([*words, GALLERY, '--only', 'name-taken'], capture_output=True, text=True, timeout=240)
        path = '/dev/shm/shared-memory-gallery'
        self.assertTrue(os.path.exists(path))
        os.unlink(path)
        self.assertEqual(ran.returncode, 1)
        self.assertIn(f'it is left; remove it: rm {path}\n', ran.stderr)

    def test_a_closed_output_is_an_error(self):
        with open('/dev/full', 'w') as full:
            self.assertEqual(subprocess.run([GALLERY], stdout=full, stderr=subprocess.DEVNULL).returncode, 1)


class UserNamespace(AsExpected):
    """Its root has every capability, and those that count for the whole machine do not count."""

    def setUp(self):
        if subprocess.run(['unshare', '--map-root-user', 'true'], capture_output=True).returncode != 0:
            print('\nskipped: user namespaces are not allowed to this user')
            self.skipTest('user namespaces are not allowed to this user')

    def test_root_of_one_user(self):
        messages = self.check(subprocess.run(['unshare', '--map-root-user', GALLERY, '--json'],
                                             capture_output=True, text=True, timeout=240))
        self.assertIn('fs.mqueue.msg_max', messages['mq-too-many'])

    def test_root_of_many_users(self):
        """As a container without root has them: it can be other users there."""
        if os.geteuid() != 0 or os.readlink('/proc/self/ns/user') != 'user:[4026531837]':
            self.skipTest("needs the machine's root, to map many users")
        script = 'echo; read go; exec setpriv --regid 0 --clear-groups "$0" --json'
        with subprocess.Popen(['unshare', '--user', 'sh', '-c', script, GALLERY], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
            ran.stdout.readline()
            # Other groups than outside, where root's is that of vm.hugetlb_shm_group.
            for table, outside in (('uid_map', 0), ('gid_map', 100000)):
                with open(f'/proc/{ran.pid}/{table}', 'w') as ids:
                    ids.write(f'0 {outside} 4000000000')
            out, error = ran.communicate('\n', timeout=240)
            messages = self.check(subprocess.CompletedProcess(ran.args, ran.returncode, out, error))
            self.assertIn('fs.mqueue.msg_max', messages['mq-too-many'])


if __name__ == '__main__':
    unittest.main()
