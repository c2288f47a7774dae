"""For tests in which strace changes what a program's calls do (man 1 strace, --inject)."""
import subprocess

# The sanitizer's search for leaks does not work in a program that is traced: it ends it with status 1.
WITHOUT_LEAKS = ['env', 'ASAN_OPTIONS=detect_leaks=0']


def injecting(*inject, paths=()):
    """Returns the words before a program's own that run it with these calls changed, in all its processes.

    inject  each as strace has it: 'mount:error=EPERM:when=3'
    paths   only calls that are about one of these files
    Returns None where strace is not there, or may not trace.
    """
    words = [*WITHOUT_LEAKS, 'strace', '-f', '-qq', '-o', '/dev/null', *(word for path in paths for word in ('-P', path))]
    for each in inject:
        words += ['-e', f'inject={each}']
    return words if subprocess.run([*words, 'true'], capture_output=True).returncode == 0 else None
