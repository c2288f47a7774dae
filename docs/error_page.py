"""The page of all error messages: what lesson 06's gallery provoked, by errno and call."""
import errno
import fnmatch
import html
import os
import signal

from calls import man_page
from page import slug

# Where a row is taught: its id, or a pattern of ids, first; else its section of the gallery.
LESSON_OF_ROW = {
    'mmap-before-ftruncate': 'lesson_01_give_it_a_size', 'half-made': 'lesson_01_a_reader_that_comes_too_early',
    'left-behind': 'lesson_01_a_lock_that_ends_with_its_holder', 'flag-before-data': 'lesson_01_publish_release_and_acquire',
    'object-unlinked-at-once': 'lesson_01_remove_the_name', 'shmat-null': 'lesson_02_break_it',
    '*key-*': 'lesson_02_a_system_v_segment', 'ftok-missing': 'lesson_02_deeper_where_keys_come_from', 'old-segment-size': 'lesson_06_run_it',
    'lost-update': 'lesson_03_two_counts_collide', 'set-reset': 'lesson_03_who_initialises', 'setval-no-otime': 'lesson_03_who_initialises',
    'nameless': 'lesson_03_who_removes', 'sem-*': 'lesson_03_two_other_locks', 'semaphore-*': 'lesson_03_two_other_locks',
    'robust-two-namespaces': 'lesson_03_deeper_robust_mutex_and_containers', 'set-without-creator': 'lesson_06_deeper_removing_a_set_or_a_queue',
    'handler-locks': 'lesson_03_deeper_what_a_signal_handler_may_do', 'timedwait-interrupted': 'lesson_03_deeper_what_a_signal_handler_may_do',
    'mutex-twice': 'lesson_03_deeper_two_more_attributes_of_a_mutex',
    'condition-*': 'lesson_03_deeper_condition_variables', 'barrier-*': 'lesson_03_deeper_condition_variables', 'rwlock-*': 'lesson_03_deeper_condition_variables',
    'dontneed-shared': 'lesson_04_deeper_giving_memory_back', 'mmap-noexec': 'lesson_04_deeper_code_in_shared_memory',
    'mmap-too-many': 'lesson_04_deeper_where_the_limits_are',
    'huge-*': 'lesson_04_huge_pages', 'shmget-huge*': 'lesson_04_huge_pages', 'mlock-*': 'lesson_05_deeper_huge_pages_locked_pages_near_pages',
    'sigbus-handler-returns': 'lesson_04_deeper_a_handler_for_sigbus_that_returns', 'memfd-beyond-dev-shm': 'lesson_04_deeper_a_memfd_is_not_bound_by_the_size_of_dev_shm',
    'second-producer': 'lesson_05_when_it_goes_wrong', 'index-wraps': 'lesson_05_the_ring', 'private-futex': 'lesson_05_waiting',
}
LESSON_OF_SECTION = {
    'Objects and their sizes': 'lesson_04_how_large_it_is', 'Mappings': 'lesson_01_map_it', 'Limits': 'lesson_06_deeper_two_numbers_and_three_limits',
    'Names': 'lesson_01_create_the_object', 'Other users': 'how_it_works_who_may_open_it', 'Keys and ids': 'lesson_02_a_system_v_segment',
    'Semaphores': 'lesson_03_one_semaphore_wait_and_post', 'Semaphores while they are used': 'lesson_03_killed_inside_undo',
    'Locks, and owners that die': 'lesson_03_two_other_locks', 'Waiting': 'lesson_03_two_other_locks',
    'What lies in the memory': 'lesson_02_one_slot_two_states', 'A peer that means harm': 'lesson_05_deeper_a_peer_that_means_harm',
    'No error where the mistake is': 'lesson_06_break_it',
}
# Why the machine that made the page could not make a mistake, and what would let it.
MADE_POSSIBLE = (
    ('protected_regular', '<code>sysctl -w fs.protected_regular=1</code>, as root: it holds for the whole machine, and systemd sets it'),
    ('x86 processor', 'a machine with an Arm processor'),
    ('needs root', 'root: <code>sudo</code> before the command'),
    ('AddressSanitizer', 'a build without AddressSanitizer'),
    ('who owns a mutex', 'glibc, made with its assertions'),
    ('no huge pages', 'a kernel with huge pages (CONFIG_HUGETLBFS)'),
    ('vm.overcommit_memory', '<code>sysctl -w vm.overcommit_memory=0</code>, as root: it holds for the whole machine'),
    ('vm.max_map_count', '<code>sysctl -w vm.max_map_count=65530</code>, as root: it holds for the whole machine'),
    ('32 bits', 'a build for 64 bits'),
    ('robust list', 'the same machine without the emulator or the filter of calls (in Docker: <code>--security-opt seccomp=unconfined</code>)'),
    ('Landlock', 'Linux 5.13, started with <code>landlock</code> among its <code>lsm=</code>'),
    ('namespace', 'root, or <code>sysctl -w user.max_user_namespaces=10000</code>; in Docker <code>--cap-add SYS_ADMIN --security-opt seccomp=unconfined</code>'),
    ('may not be mounted', 'root, who may mount (in Docker: <code>--cap-add SYS_ADMIN</code>)'),
    ('does not have the call', 'a newer kernel, or the same one without the filter of calls'),
    ('/dev/shm', 'a machine with <code>/dev/shm</code>: <code>mount -t tmpfs tmpfs /dev/shm</code>, as root'),
)
SILENT = 'no error'


def anchor_of(text):
    return slug(text, '_') or 'code'  # of a call that is written as an operator


def seen_as(expected):
    return SILENT if expected == 'success' else expected


def words_for(expected):
    """What a shell or perror() says of it."""
    if expected == 'success':
        return 'the call succeeds, and the mistake shows later'
    if expected.startswith('SIG'):
        return signal.strsignal(getattr(signal, expected))
    return os.strerror(getattr(errno, expected))


def number_of(expected):
    """What a program prints of an errno that knows no name; None of a signal, and of success."""
    return getattr(errno, expected, None)


def lesson_anchor(row):
    found = next((anchor for pattern, anchor in LESSON_OF_ROW.items() if fnmatch.fnmatch(row['id'], pattern)), None)
    return found or LESSON_OF_SECTION.get(row['section'])


def made_possible(reason, identifier):
    return next((how for words, how in MADE_POSSIBLE if words in reason),
                f'another machine; <code>gallery --only {identifier}</code> says whether it can')


def calls_anchor(row):
    return f'errors_{anchor_of(seen_as(row["expected"]))}_{anchor_of(row["call"])}'


def ordered(rows):
    """By what is seen, the errnos first, then signals, then no error at all; then by call, those of the system first."""
    def rank(row):
        kind = 2 if row['expected'] == 'success' else row['expected'].startswith('SIG')
        return kind, row['expected'], not row['call'][0].isalpha(), row['call']
    return sorted(rows, key=rank)


def table(rows):
    """What is seen × the calls that it comes from."""
    out = ['| what is seen | from which call |\n| --- | --- |\n']
    for expected in dict.fromkeys(row['expected'] for row in rows):
        counts, number = {}, number_of(expected)
        for row in rows:
            if row['expected'] == expected:
                counts.setdefault(row['call'], [calls_anchor(row), 0])[1] += 1
        links = ', '.join(f'<a href="#{anchor}">{html.escape(call)}</a>{f" ({count})" if count > 1 else ""}' for call, (anchor, count) in counts.items())
        out.append(f'| <a href="#all_errors_{anchor_of(seen_as(expected))}">{seen_as(expected)}</a> {words_for(expected)}{f" ({number})" if number else ""} | {links} |\n')
    return ''.join(out)


def where(row, link_to, mentions):
    """The lesson that teaches it, the pages that speak about it, the man page, the command that makes it."""
    man = man_page(row['call'])
    taught = lesson_anchor(row)
    parts = [link_to(taught)] + [link_to(anchor) for anchor in mentions if anchor != taught]
    parts += [f'<a href="{man[1]}">{man[0]}</a>'] if man else []
    return f'<p class="where"><b>Read on:</b> {", ".join(parts)}. <b>Make it:</b> <code>gallery --only {row["id"]}</code>.</p>'


def one(row, link_to, mentions):
    shown = {key: html.escape(text or '') for key, text in row.items() if not isinstance(text, bool)}
    message = (f'<pre class="message">{shown["message"]}</pre>' if row['not_here'] is None else
               f'<p class="not-run">Not possible on the machine that made this page: {shown["not_here"]}. '
               f'What makes it possible: {made_possible(row["not_here"], row["id"])}.</p>')
    return (f'<div class="fault" id="error_{row["id"]}"><h2><code>{shown["call"]}</code> <b>{seen_as(shown["expected"])}</b>: {shown["fault"]}&#160;'
            f'<a class="self" href="#error_{row["id"]}" aria-label="Link to “{shown["fault"]}”">#</a></h2>{message}'
            f'<p><b>Cause:</b> {shown["cause"]}</p><p><b>Cure:</b> {shown["cure"]}</p>{where(row, link_to, mentions)}</div>')


def page(rows, link_to, mentions, block):
    """`link_to` makes a link of an anchor of a written page; `mentions` has, for a row's id, the anchors of the sections that link to it."""
    rows = ordered(rows)
    out = ['# All error messages {#all_errors}\n\n[TOC]\n\n'
           f'{len(rows)} mistakes with shared memory. The program `gallery` of \\ref lesson_06 makes them for real, and made them when this page was made; '
           'where the machine did not allow one, its row says so. '
           'Look for the message that your program printed, or for the errno and the call in the table. '
           f'Where the table says *{SILENT}*, the call succeeds: these mistakes are the worst. '
           'If you know only what your program does, begin with \\ref symptoms.\n\n',
           block('<div id="error-filter"></div>'), '\n\n', table(rows)]
    begun = set()
    for row in rows:
        head = f'all_errors_{anchor_of(seen_as(row["expected"]))}'
        if head not in begun:
            out.append(f'\n## {seen_as(row["expected"])}: {words_for(row["expected"])} {{#{head}}}\n\n')
        anchor = calls_anchor(row)
        jump = '' if anchor in begun else f'<span class="jump" id="{anchor}"></span>'
        begun |= {head, anchor}
        out.append(block(jump + one(row, link_to, mentions.get(row['id'], ()))) + '\n\n')
    return ''.join(out)
