"""The calls of the kernel and of the C library that the course is about, each with its man page, and where programs make them."""
import re

# By section of the manual; a name that has its page under another one: name=page.
SECTIONS = {
    2: '''ftruncate mmap munmap mprotect madvise mlock memfd_create fallocate fcntl flock fstat=stat stat lstat=stat open
          openat=open close link linkat=link unlink=unlink fchmod=chmod mount statfs fstatfs=statfs shmget shmat shmdt=shmat
          shmctl semget semop semtimedop=semop semctl msgget msgsnd=msgop msgrcv=msgop msgctl futex fork unshare execve kill
          waitpid=wait waitid=wait prctl sigaction eventfd poll pipe2=pipe socketpair sendmsg=send recvmsg=recv getrlimit
          setrlimit=getrlimit getrusage clock_gettime sched_setaffinity sched_getaffinity=sched_setaffinity process_vm_readv
          vmsplice umask membarrier sigwaitinfo pidfd_open''',
    3: '''shm_open shm_unlink=shm_open posix_fallocate ftok sem_open sem_unlink sem_init sem_post sem_wait sem_trywait=sem_wait
          sem_timedwait=sem_wait sem_clockwait=sem_wait mq_open mq_unlink mq_send mq_receive
          pthread_mutex_init=pthread_mutex_lock pthread_mutex_lock pthread_mutex_trylock=pthread_mutex_lock
          pthread_mutex_unlock=pthread_mutex_lock pthread_mutex_timedlock=pthread_mutex_lock
          pthread_mutex_clocklock=pthread_mutex_lock pthread_mutex_consistent pthread_mutexattr_setrobust
          pthread_mutexattr_setpshared=pthread_mutexattr_getpshared pthread_cond_wait=pthread_cond_init
          pthread_cond_destroy=pthread_cond_init pthread_rwlock_clockwrlock=pthread_rwlock_timedwrlock pthread_barrier_wait
          statvfs sysconf''',
}
MAN = {name.partition('=')[0]: (section, name.partition('=')[2] or name)
       for section, names in SECTIONS.items() for name in names.split()}
# pthread_*'s pages are of the POSIX manual, which the host has under 3p.
POSIX = {'pthread_mutex_lock', 'pthread_cond_init', 'pthread_rwlock_timedwrlock', 'pthread_barrier_wait'}
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
MADE = re.compile(r'(?<![\w.>:])(?:checked::|::|syscall\(SYS_)?(' + '|'.join(sorted(MAN, key=len, reverse=True)) + r')\s*[(,]')
DECLARED = re.compile(r'[\w>&*]\s+[&*]?$')   # a type before a name: `void close(int)`
NO_TYPE = re.compile(r'\b(return|else|case|throw)\s+$')


def man_page(call):
    """Its name as it is written, and its address; None for what is no call."""
    known = MAN.get(call.split()[0])
    if not known:
        return None
    section, page = known
    part = f'{section}p' if page in POSIX else str(section)
    return f'man {section} {page}', f'https://man7.org/linux/man-pages/man{section}/{page}.{part}.html'


def calls_made(text):
    """Of a program: each call that it makes, with the numbers of its lines; what comments and texts say does not count."""
    made = {}
    code = NOT_CODE.sub(lambda found: re.sub(r'[^\n]', ' ', found[0]), text)
    for number, line in enumerate(code.split('\n'), 1):
        for found in MADE.finditer(line):
            if found[0].endswith(',') and 'SYS_' not in found[0]:
                continue
            before = line[:found.start()]
            if NO_TYPE.search(before) or not DECLARED.search(before):
                made.setdefault(found[1], []).append(number)
    return made
