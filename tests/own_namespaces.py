"""For tests of a machine that is not to be disturbed; the C++ tests have own_namespaces.hpp."""
import os
import pathlib
import subprocess
import sys


def enter_own_namespaces():
    """Starts this script again, in an IPC and a mount namespace of its own, with an empty /dev/shm; with CONTAINER set,
    in a pid namespace of its own as well.

    Prints "skipped: reason", and ends, where that is not allowed.
    """
    if os.environ.get('IN_OWN_NAMESPACES'):
        for mount in (['--make-rprivate', '/'], ['-t', 'tmpfs', '-o', 'mode=1777', 'test', '/dev/shm']):
            if subprocess.run(['mount', *mount]).returncode != 0:
                print('skipped: mount is refused')
                sys.exit(0)
        return
    as_root = [] if os.geteuid() == 0 else ['--map-root-user']
    own_pids = ['--pid', '--fork', '--kill-child', '--mount-proc'] if os.environ.get('CONTAINER') else []
    unshare = ['unshare', '--mount', '--ipc', *as_root, *own_pids]
    if subprocess.run([*unshare, 'true'], capture_output=True).returncode != 0:
        print('skipped: needs namespaces of its own, which this user may not make')
        sys.exit(0)
    os.environ['IN_OWN_NAMESPACES'] = '1'
    os.execvp('unshare', [*unshare, sys.executable, *sys.argv])


def can_be_others():
    """Whether this process may become another account, and give files to one: root, whose user namespace has others."""
    return os.geteuid() == 0 and int(pathlib.Path('/proc/self/uid_map').read_text().split()[2]) > 12345
