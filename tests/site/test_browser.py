#!/usr/bin/env python3
"""The site in a real browser.

    test_browser.py HTML_DIR

Each check is a function that looks at a site, and has a planted fault beside it that it must find. Skipped where the browser
is missing, and where SHM_BROWSER does not ask for it: `tests/run --browser` does. SHM_AXE names axe-core's script (.ci/run
fetches it); without it the checks for accessibility are skipped.
"""
import os
import pathlib
import re
import sys
import unittest

import browser
from browser import PHONE, WIDE, View, planted, served

DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'
sys.path.insert(0, str(DOCS))
from page import slug  # noqa: E402

SITE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
AXE = os.environ.get('SHM_AXE', '')
OVER = DOCS / 'over_budget.txt'
LONG = 'lesson_02'


def kinds():
    """A page of each kind that the site has."""
    wanted = ['index', 'how_it_works', 'lessons', 'lesson_01', 'lesson_01_deeper', 'lesson_02', 'lesson_05', 'lesson_07', 'all_errors', 'symptoms', 'calls', 'indices', 'library', 'programs',
              'ring_8hpp', 'check_8hpp', 'classshm_1_1Ring', 'classshm_1_1Ring-members', 'check_8hpp_source',
              'lessons_201-posix-create_2writer_8cpp-example']
    return [page for page in wanted if (SITE / f'{page}.html').is_file()]


def page_with(selector):
    found = [file.stem for file in sorted(SITE.glob('lesson_*.html')) if selector in file.read_text()]
    assert found, f'no lesson has {selector}'
    return found[0]


# ---- the checks: each raises AssertionError ----

def check_keys_scroll(view):
    for size, keys in ((WIDE, ('PAGE_DOWN', 'SPACE', 'END', 'ARROW_DOWN')), (PHONE, ('PAGE_DOWN', 'END'))):
        for key in keys:
            view.show(LONG, size)
            view.press(key)
            try:
                view.wait('return window.scrollY > 0', seconds=3)
            except Exception:
                raise AssertionError(f'{key} does not scroll at {size}') from None


def check_back_keeps_the_place(view):
    view.show(LONG)
    view.run('window.scrollTo(0, 1500)')
    view.one('#contents a[href="index.html"]').click()
    view.wait('return location.href.endsWith("index.html")')
    view.driver.back()
    view.wait('return location.href.includes(arguments[0])', LONG)
    try:
        view.wait('return Math.abs(window.scrollY - 1500) < 60', seconds=3)
    except Exception:
        raise AssertionError(f'after Back the page stands at {view.run("return window.scrollY")}, it stood at 1500') from None


def check_reload_keeps_the_place(view):
    view.show(LONG)
    view.run('window.scrollTo(0, 1500)')
    view.driver.refresh()
    try:
        view.wait('return Math.abs(window.scrollY - 1500) < 60', seconds=3)
    except Exception:
        raise AssertionError('after a reload the place is lost') from None


def check_anchors_show_their_heading(view):
    for size in (WIDE, PHONE):
        view.show(LONG, size, anchor='#lesson_02_break_it')
        top = view.run('return document.getElementById("lesson_02_break_it").getBoundingClientRect().top')
        bar = view.run('const bar = document.querySelector(".bar").getBoundingClientRect(); return arguments[0] ? bar.bottom : 0', size == PHONE)
        assert bar <= top < 250, f'the heading stands at {top}, the bar ends at {bar} ({size})'


def check_skip_link(view):
    for size in (WIDE, PHONE):
        view.show(LONG, size)
        view.press('TAB')
        assert view.run('return document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().left >= 0'), \
            'the first Tab does not show the way past the menu'
        view.press('ENTER', 'TAB')
        assert view.run('return document.activeElement.closest("main") !== null'), 'it does not lead past the menu'


def check_tab_reaches_all(view):
    view.show('lesson_05' if (SITE / 'lesson_05.html').is_file() else LONG)
    count = view.run('''
        const seen = element => element.checkVisibility() && element.getBoundingClientRect().width > 0;
        const wanted = Array.from(document.querySelectorAll('*')).filter(element => seen(element) && !element.disabled
            && (element.matches('a[href], button, summary, input') || getComputedStyle(element).cursor === 'pointer'));
        window.wanted = wanted.map(element => element.closest('a[href], button, summary, input, label') || element).filter(element => seen(element));
        window.reached = new Set();
        document.addEventListener('focusin', event => window.reached.add(event.target));
        return window.wanted.length;''')
    for _ in range(count + 40):
        view.press('TAB')
        if view.run('return document.activeElement === document.body'):
            break
    missed = view.run('return window.wanted.filter(element => !window.reached.has(element)).map(element => element.outerHTML.slice(0, 90))')
    assert not missed, f'Tab does not reach {len(missed)}: {missed[:3]}'


def check_phone_menu(view):
    view.show(LONG, PHONE)
    is_shown = 'const box = document.getElementById("contents").getBoundingClientRect(); return box.height > 0'
    assert not view.run(is_shown), 'the menu is open from the beginning'
    view.one('.bar label').click()
    assert view.run(is_shown), 'a tap does not open the menu'
    view.one('#contents a[href="lesson_01.html"]').click()
    view.wait('return location.href.includes("lesson_01.html")')
    view.run('document.getElementById("menu").focus()')
    view.press('SPACE')
    assert view.run(is_shown), 'the space bar does not open the menu'
    view.press('ESCAPE')
    assert not view.run(is_shown), 'Escape does not close the menu'


def check_nothing_is_wider_than_a_phone(view):
    lessons = [file.stem for file in SITE.glob('lesson_*.html')]
    for page in sorted({*kinds(), *lessons}):
        view.show(page, PHONE)
        wide = view.run('return Math.max(document.documentElement.scrollWidth, window.innerWidth)')
        assert wide <= PHONE[0], f'{page} is {wide} wide on a telephone'


def check_nothing_is_wider_than_a_small_window(view):
    wrong = []
    for page in sorted({*kinds(), 'other_messages', 'program_messages', 'lesson_04_deeper', 'lesson_05_deeper'}):
        for width in (720, 800, 1024, 1100):
            view.show(page, (width, 800))
            wide, room = view.run('return [document.documentElement.scrollWidth, document.documentElement.clientWidth]')
            if wide > room:   # the scroll bar takes some of the window
                wrong.append(f'{page} is {wide} wide where {room} are, in a window of {width}')
    assert not wrong, '; '.join(wrong)


def check_tables_are_cards_on_a_phone(view):
    for page in ('lesson_03', 'library'):
        view.show(page, PHONE)
        narrow = view.run('return Math.min(...Array.from(document.querySelectorAll("table.markdownTable td"), cell => cell.getBoundingClientRect().width))')
        assert narrow > 200, f'{page} has a cell {narrow} wide on a telephone'


def check_cards_say_what_their_parts_are(view):
    for page, names in (('symptoms', ['look with', 'if so', 'seen as', 'with', 'how']), ('other_messages', ['cause', 'cure', 'seen as']), ('program_messages', ['cause', 'cure', 'seen as'])):
        for size in (WIDE, PHONE):
            view.show(page, size)
            said, over = view.run('''
                const parts = Array.from(document.querySelectorAll('dl.asked dd'));
                return [[...new Set(parts.map(part => getComputedStyle(part, '::before').content))].map(name => name.slice(1, -1)),
                    parts.filter(part => part.getBoundingClientRect().width < 200).length]''')
            assert sorted(said) == sorted(names), f'the parts of the cards of {page} are called {said}'
            assert not over, f'{page} has {over} parts that are too narrow, in a window of {size[0]}'


def check_copy_buttons_cover_nothing(view):
    for size in (WIDE, PHONE):
        view.show(LONG, size)
        covered = view.run('''
            return Array.from(document.querySelectorAll('.listing > button')).filter(button => {
                const own = button.getBoundingClientRect();
                return Array.from(button.parentElement.children).some(part => part !== button && [...part.querySelectorAll('*'), part]
                    .some(inner => Array.from(inner.childNodes).some(node => {
                        if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) return false;
                        const range = document.createRange();
                        range.selectNodeContents(node);
                        const box = part.getBoundingClientRect();  // what is scrolled away is not covered
                        return Array.from(range.getClientRects()).some(line => Math.min(line.right, box.right) > own.left + 1
                            && line.left < own.right - 1 && line.bottom > own.top + 1 && line.top < own.bottom - 1);
                    })));
            }).length;''')
        assert covered == 0, f'{covered} copy buttons cover text at {size}'


def copied_from(view, button):
    view.run('window.copied = null; navigator.clipboard.writeText = async text => { window.copied = text; }')
    button.click()
    view.wait('return window.copied !== null')
    return view.run('return window.copied')


def check_copy_button_copies(view):
    """Of an output what was typed: each command, over all lines of its quotes, and nothing that it printed."""
    view.show('lesson_01')
    copied = copied_from(view, view.one('.listing.output > button'))
    assert re.fullmatch(r'writer --name /\S+', copied), f'copied was {copied!r}'
    view.show('how_it_works')
    for scene, begin, end in (('shared and private”, python', "python3 -c '\nimport mmap, os\n", 'print("private:", private[:5])\''),
                              ('never sized”, python, remove', "python3 -c '\nimport ctypes", None)):
        box = next(box for box in view.all('.listing.output') if scene in box.text)
        copied = copied_from(view, box.find_element('css selector', 'button'))
        assert copied.startswith(begin) and '[ended' not in copied, f'copied was {copied!r}'
        end = end or '\nrm /dev/shm/' + copied.split('/dev/shm/')[-1]
        assert copied.endswith(end) and copied.count("'") == 2, f'copied was {copied!r}'


def check_one_edge(view):
    view.show('lesson_03')
    edges = view.run('''
        return Array.from(document.querySelectorAll('.textblock > p, .textblock > .listing, .textblock > figure .scroll, .textblock > table'),
            part => Math.round(part.getBoundingClientRect().right)).filter(right => right > 0);''')
    assert max(edges) - min(edges) <= 2, f'text, code and figures end at {sorted(set(edges))}'


def check_figures_are_as_drawn(view):
    """A class of the page that is a class of the figures as well would change their shapes."""
    for file in sorted(SITE.glob('lesson_*.html')):
        view.show(file.stem)
        changed = view.run('''
            return Array.from(document.querySelectorAll('figure svg rect[width]')).filter(shape => {
                const style = getComputedStyle(shape);
                return parseFloat(style.width) !== parseFloat(shape.getAttribute('width')) || style.position !== 'static';
            }).length;''')
        assert changed == 0, f'{changed} shapes of {file.stem} are not as drawn'


def check_figures_hold_their_text(view):
    """What stands beyond the edge of a figure is cut off, also in a step that is not shown yet."""
    for file in sorted(SITE.glob('lesson_*.html')):
        view.show(file.stem)
        cut = view.run('''
            return Array.from(document.querySelectorAll('figure svg')).flatMap(svg => {
                for (const step of svg.querySelectorAll('g[data-step]')) step.style.display = 'inline';
                const edge = svg.getBoundingClientRect();
                return Array.from(svg.querySelectorAll('text')).filter(text => {
                    const box = text.getBoundingClientRect();
                    return box.width > 0 && (box.right > edge.right + 1 || box.left < edge.left - 1);
                }).map(text => text.textContent);
            });''')
        assert not cut, f'cut off in a figure of {file.stem}: {cut}'


def allowed_pages(page):
    over = re.search(rf'^lessons/{page[-2:]}\S* printed (\d+)$', OVER.read_text(), re.M)
    return int(over[1]) if over else 8


def check_print_length(view):
    wrong = []
    for file in sorted(SITE.glob('lesson_[0-9][0-9].html')):
        view.show(file.stem)
        pages = view.printed_pages()
        if pages > allowed_pages(file.stem):
            wrong.append(f'{file.stem} {pages}')
    assert not wrong, f'printed pages, at most 8 (docs/over_budget.txt): {", ".join(wrong)}'


def check_print_cuts_nothing(view):
    view.show(LONG, (718, 1000))  # as wide as a sheet is between its margins
    view.media(kind='print')
    cut = view.run('''return Array.from(document.querySelectorAll('pre, .fragment, table, figure svg'))
        .filter(part => part.scrollWidth > part.clientWidth + 2 && part.clientWidth).map(part => part.textContent.slice(0, 40));''')
    hidden = view.run('return ["header.masthead", ".prevnext", ".listing > button"].filter(one => document.querySelector(one)?.checkVisibility())')
    shown = view.run('return getComputedStyle(document.querySelector(\'.textblock a[href^="http"]\'), "::after").content')
    assert not cut, f'cut on paper: {cut[:3]}'
    assert not hidden, f'on paper as well: {hidden}'
    assert 'http' in shown, 'links are not spelled out on paper'


def check_answers_are_open_on_paper(view):
    view.show('lesson_01')
    view.run('window.dispatchEvent(new Event("beforeprint"))')
    assert view.run('return Array.from(document.querySelectorAll("details.answer")).every(answer => answer.open)'), 'an answer is folded on paper'


def check_without_script(view):
    """Of a copy whose pages have no script."""
    view.show(LONG)
    assert view.run('return document.querySelectorAll("#contents a").length') > 8 and view.one('#contents').is_displayed(), 'no menu without script'
    assert view.run('return document.querySelector("#contents [aria-current]").getBoundingClientRect().width') > 100, 'the menu marks nothing'
    view.show(LONG, PHONE)
    view.one('.bar label').click()
    assert view.one('#contents a[href="lesson_01.html"]').is_displayed(), 'the menu of a phone does not open without script'
    assert not view.all('.bar .search, dialog'), 'a control that is dead without script'
    view.show(page_with('class="diagram stepper"'))
    steps = view.all('.stepper li')
    assert len(steps) > 1 and all(step.is_displayed() for step in steps), 'a figure hides its steps without script'
    view.show('index')
    parts = view.all('.orders .version, .orders td code')
    assert len(parts) > 20 and all(part.is_displayed() for part in parts), 'a stepper hides its orders without script'
    assert not view.all('.orders button'), 'a control is there without script'


def luminance(view, selector='body'):
    colour = re.findall(r'[\d.]+', view.run('return getComputedStyle(document.querySelector(arguments[0])).backgroundColor', selector))
    return sum(map(float, colour[:3])) / 3


def check_dark(view):
    view.show(LONG, look='dark')
    view.run('localStorage.clear()')
    view.show(LONG, look='dark')
    assert luminance(view) < 60, 'not dark, though the system is'
    for box in (".masthead", ".listing"):
        assert luminance(view, box) < 90, f'{box} is not dark'
    view.one('button.look').click()
    assert luminance(view) > 200, 'the switch does not make it light'
    view.show('lesson_01', look='dark')
    assert luminance(view) > 200, 'the next page has forgotten it'
    view.one('button.look').click()
    assert luminance(view) < 60, 'the switch does not make it dark'
    view.run('localStorage.clear()')


def check_stepper_by_keys(view):
    page = page_with('class="diagram stepper"')
    view.show(page)
    view.run('document.querySelector(".stepper").focus()')
    at = 'return Array.from(document.querySelector(".stepper").querySelectorAll("li")).findIndex(step => step.checkVisibility())'
    assert view.run(at) == 0, 'it does not begin with the first step'
    view.press('ARROW_RIGHT', 'ARROW_RIGHT')
    assert view.run(at) == 2, f'two keys lead to step {view.run(at) + 1}'
    view.press('ARROW_LEFT')
    assert (view.run(at), view.page) == (1, page), 'a key does not lead back'


def play(view, order):
    """Takes these steps in the version that is shown: each letter is a process."""
    view.run('''
        const box = document.querySelector('.orders .version.now');
        const data = JSON.parse(document.querySelector('.orders script').textContent)[[...document.querySelectorAll('.orders .version')].indexOf(box)];
        for (const letter of arguments[0]) box.querySelectorAll('.process button')[data.letters.indexOf(letter)].click();''', order)


def text_of(view, selector):
    return view.run('return document.querySelector(".orders .version.now " + arguments[0]).textContent', selector)


def check_orders_by_keys(view):
    """The start page: a lost update by keys, back again, and the mended version, whose orders are shown at the end."""
    view.show('index')
    view.run('document.querySelector(".orders").focus()')
    assert not view.one('.orders .all').is_displayed(), 'the ends are told before the reader has chosen'
    view.press('1', '1', '2', '2', '1', '2')
    assert text_of(view, '.said').endswith('The count is 1 after two additions: one is lost.'), f'said is {text_of(view, ".said")!r}'
    assert view.one('.orders .all').is_displayed() and text_of(view, 'code.now') == 'AABBAB', 'the order is not marked at its end'
    view.press('ARROW_LEFT', 'ARROW_LEFT')
    assert (text_of(view, '.taken'), view.page) == ('Your order: AABB', 'index'), f'two keys back is {text_of(view, ".taken")!r}'
    assert view.run('return Array.from(document.querySelectorAll(".orders .version.now dd"), one => one.textContent)') == ['0', '1', '1'], 'memory is another'
    view.all('.orders .versions button')[1].click()
    view.press('1', '2')
    assert text_of(view, '.said') == 'B sleeps in wait, since the semaphore is 0.', f'said is {text_of(view, ".said")!r}'
    view.press(*'1111', *'22222')
    assert text_of(view, '.said').endswith('both additions are there.') and 'each of them ends right' in text_of(view, '.all'), 'it does not end right'


def check_each_order_ends_as_its_row_says(view):
    """Of every stepper of every page."""
    seen = 0
    for file in sorted(SITE.glob('*.html')):
        if 'class="diagram orders"' not in file.read_text():
            continue
        view.show(file.stem)
        wrong = view.run('''
            const wrong = [];
            for (const figure of document.querySelectorAll('.orders')) {
                const data = JSON.parse(figure.querySelector('script').textContent);
                figure.querySelectorAll('.version').forEach((box, number) => box.querySelectorAll('tbody tr').forEach(row => {
                    const [end, is_right] = [row.querySelector('th').textContent.slice(2), row.querySelector('th').matches('.good')];
                    for (const code of row.querySelectorAll('code')) {
                        [...box.querySelectorAll('.controls button')].find(button => button.textContent === 'Begin again').click();
                        for (const letter of code.textContent) box.querySelectorAll('.process button')[data[number].letters.indexOf(letter)].click();
                        const said = box.querySelector('.said');
                        if (!said.textContent.endsWith(end) || !said.matches(is_right ? '.good' : '.bad') || !code.matches('.now')) wrong.push(code.textContent);
                    }
                }));
            }
            return wrong;''')
        assert not wrong, f'{file.stem}: not as the table says: {wrong[:4]}'
        seen += 1
    assert seen, 'no page has a stepper in which the reader chooses'


def check_orders_on_paper(view):
    view.show('index')
    play(view, 'AB')
    view.media(kind='print')
    shown = view.run('return Array.from(document.querySelectorAll(".orders .version, .orders .all, .orders .name")).every(part => part.checkVisibility())')
    assert shown, 'on paper a version or its orders are missing'
    assert not view.run('return Array.from(document.querySelectorAll(".orders button, .orders .said")).some(part => part.checkVisibility())'), 'a control is on paper'


def check_keys_turn_pages(view):
    view.show('lesson_01')
    view.press('ARROW_RIGHT')
    try:
        view.wait('return location.href.includes("lesson_02.html")', seconds=3)
        view.press('ARROW_LEFT')
        view.wait('return location.href.includes("lesson_01.html")', seconds=3)
    except Exception:
        raise AssertionError('→ and ← do not turn pages') from None


def check_order_is_a_chain(view):
    seen, page = [], 'index'
    while page and page not in seen:
        seen.append(page)
        view.show(page)
        links = view.all('.prevnext a[rel=next]')
        page = links[0].get_attribute('href').rsplit('/', 1)[-1].removesuffix('.html') if links else ''
    lessons = sorted(file.stem for file in SITE.glob('lesson_[0-9][0-9].html'))
    after = ['takeaways'] if (SITE / 'takeaways.html').is_file() else []
    assert seen == ['index', 'how_it_works', *lessons, *after], f'Next leads along {seen}'


def check_marks(view):
    """From a web server: pages share a storage."""
    view.show('lesson_01')
    view.run('localStorage.clear()')
    view.show('lesson_01')
    view.one('.finish button').click()
    view.show('index')
    marked = view.run('return Array.from(document.querySelectorAll("main .tick"), tick => tick.closest("li").dataset.lesson)')
    view.show('lesson_01')
    in_menu = view.run('return document.querySelectorAll("#contents .tick").length')
    view.one('.finish button').click()
    after = view.run('return document.querySelectorAll(".tick").length')
    view.run('localStorage.clear()')
    assert (marked, in_menu, after) == (['lesson_01'], 1, 0), f'marked {marked}, {in_menu} in the menu, {after} after all'


def check_no_marks_where_storage_is_not_shared(view):
    """Each page from a file, with a storage of its own, as Firefox has it: here, one that is empty each time."""
    view.show('index')
    view.run('localStorage.clear()')
    view.show('index')
    said = view.run('return document.querySelector(".mark")?.textContent || ""')
    view.run('localStorage.clear()')
    view.show('lesson_01')
    buttons = view.run('return document.querySelectorAll(".finish").length')
    view.run('localStorage.clear()')
    assert 'Firefox' in said and buttons == 0, f'said {said!r}, {buttons} buttons'


def check_console_and_requests(view):
    for page in kinds():
        view.show(page)
        errors = [entry['message'] for entry in view.driver.get_log('browser') if entry['level'] in ('SEVERE', 'WARNING')]
        outside = view.run('return performance.getEntriesByType("resource").map(one => one.name).filter(name => /^https?:/.test(name))')
        assert not errors, f'{page}: {errors}'
        assert not outside, f'{page} loads {outside}'


# What people type, and the place that must be among the first three of its group: (page, a part of its anchor).
TYPED = (('shmget EINVAL', 'all_errors', 'key-smaller'), ('Bus error', 'all_errors', 'mmap-before-ftruncate'), ('SIGBUS', 'all_errors', ''),
         ('EOWNERDEAD', 'all_errors', 'robust-owner-killed'), ('ENOTRECOVERABLE', 'all_errors', 'robust-not-repaired'), ('EIDRM', 'all_errors', 'set-removed'),
         ('No space left on device', 'all_errors', ''), ('Cannot allocate memory', 'all_errors', ''), ('File exists', 'all_errors', ''),
         ('ftruncate', 'checked_8hpp', ''), ('posix_fallocate', 'checked_8hpp', ''), ('mmap', 'checked_8hpp', ''), ('SEM_UNDO', 'lesson_03', ''),
         ('std::atomic', 'glossary', 'atomic'), ('/dev/shm', 'lesson_04_deeper', 'dev_shm'), ('ready = 1', 'lesson_01', 'too_early'),
         ('false sharing', 'glossary', 'false_sharing'), ('Size mismatch', 'lesson_06', 'when_it_goes_wrong'), ('ftok', 'all_errors', 'ftok-missing'),
         ('leaked shared_memory objects', 'symptoms', 'vanishes'), ('kernel not configured for shared memory', 'symptoms', 'container'),
         ('File name too long', 'all_errors', 'too-long'), ('semaphore disappears', 'symptoms', 'vanishes'), ('works as root', 'symptoms', 'root'),
         # From reports that no page names: as their reporters put it.
         ('X_ShmPutImage MIT-SHM', 'symptoms', 'container'), ('SemLock', 'symptoms', 'root'), ('could not open shared memory segment', 'symptoms', 'vanishes'),
         ('sem_get', 'symptoms', 'fills_up'), ('0xffffffffffffffff', 'all_errors', 'shmat-null'), ('huge pages Cannot allocate memory', 'symptoms', 'crashes_at_start'),
         ('Function not implemented', 'symptoms', 'container'), ('shmget: Invalid argument', 'all_errors', 'key-smaller'), ('shmget() failed: Invalid argument', 'symptoms', 'invalid_argument'),
         ('shm::check', 'check_8hpp', ''), ('lock owner died', 'all_errors', 'robust-owner-killed'),
         # Whole messages, with names, numbers and words that are on no page.
         ('gm create failed shmget: Cannot allocate memory', 'all_errors', 'shmget-no-memory'),
         ('NCCL WARN Call to posix_fallocate failed : No space left on device', 'program_messages', 'nccl'),
         ('Cannot lock down 82280346 byte memory area (Cannot allocate memory)', 'symptoms', 'root-does_mlock'),
         ('FATAL: create failed to shm_open(/x-cf__metadata.shm): (13) Permission denied', 'all_errors', 'object-of-another'),
         ('ring_start: shm_unlink(/ring-7) failed: errno=13', 'all_errors', 'unlink-of-another'),
         ('mmap: No such device', 'all_errors', 'mmap-not-mappable'), ('mq_open (server): Too many open files', 'all_errors', 'mq-over-bytes'),
         ('ORA-00845: MEMORY_TARGET not supported on this system', 'symptoms', 'container'), ('set_mempolicy: Operation not permitted', 'symptoms', 'container'),
         ('EAL: No free hugepages reported in hugepages-1048576kB', 'symptoms', 'at_start'), ('flatpak shm_open failed', 'symptoms', 'sandbox'),
         ('Xlib: extension "MIT-SHM" missing on display "localhost:10.0"', 'symptoms', 'container'), ('drop_caches does not free shared memory', 'symptoms', 'run_out'),
         ('sysctl: setting key "kernel.shmmax": Read-only file system', 'symptoms', 'container'), ('Usage of EmptyDir volume "dshm" exceeds the limit', 'symptoms', 'container'),
         ('Error 75 getting shared memory size', 'program_messages', 'steam'), ('Unable to lock JVM Memory: error=12,reason=Cannot allocate memory', 'symptoms', 'root-does_mlock'),
         ('ngx_slab_alloc() failed: no memory in zone "x"', 'symptoms', 'fills_up'), ("OSError: [Errno 24] Too many open files: '/psm_1'", 'all_errors', 'no-descriptors'),
         ('SVR4 Error: 28: No space left on device ORA-27125', 'program_messages', 'databases'), ("QSharedMemory::handle: doesn't exist", 'other_messages', 'qt'),
         ('MPI_File_open hangs every second time', 'symptoms', 'two_processes'), ('Device not configured (os error 6)', 'symptoms', 'macos'),
         ('Creating shared memory in /dev/shm/.org.chromium.Chromium.a1B2c3 failed: No such process', 'symptoms', 'sandbox'),
         ('mm ep failed to connect to remote FIFO', 'program_messages', 'ucx'), ('gunicorn preload global variable', 'symptoms', 'python'),
         ('max virtual memory areas vm.max_map_count [65530] is too low', 'other_messages', 'elasticsearch'), ('union semun incomplete type', 'symptoms', 'semctl'),
         ('inotify mmap not detected', 'symptoms', 'does_inotify'),
         ('notify other process shared memory changed without polling', 'symptoms', 'does_inotify'),
         ('MAP_PRIVATE not a snapshot', 'symptoms', 'does_a_file_that_was_mapped'),
         ('sem_timedwait Interrupted system call', 'symptoms', 'interrupted_system_call'), ('resize shared memory', 'symptoms', 'how_do_i_resize'),
         ('is memcpy atomic', 'symptoms', 'is_a_store_a_memcpy'), ('pass a file descriptor to another process', 'symptoms', 'how_do_i_pass'),
         ('futex EAGAIN', 'symptoms', 'futex_wait_returns'), ('delete shared memory when last process exits', 'symptoms', 'how_do_i_delete'),
         ('free(): invalid pointer', 'symptoms', 'free'),
         ('mq_notify only once', 'symptoms', 'does_a_process_hang_that_was'), ('postgres semctl failed Identifier removed', 'program_messages', 'postgresql'),
         ('0124:err:esync:esync_init Failed to open esync shared memory file', 'program_messages', 'wine'),
         ('unable to open shared memory object </torch_310_3681426278_102> in read-write mode: No such file or directory (2)', 'other_messages', 'pytorch'),
         # As libraries and languages print it.
         ("pthread_mutex_lock.c:94: ___pthread_mutex_lock: Assertion `mutex->__data.__owner == 0' failed.", 'all_errors', 'mutex-overwritten'),
         ("terminate called after throwing an instance of 'boost::interprocess::bad_alloc'", 'symptoms', 'aborted'),
         ('boost::interprocess::bad_alloc', 'other_messages', 'bad_alloc'),
         ('SingleApplication: 1 "QSharedMemory::attach (shmget): permission denied"', 'other_messages', 'qt'),
         ('BufferError: cannot close exported pointers exist', 'other_messages', 'python'), ('java.lang.OutOfMemoryError: Map failed', 'other_messages', 'java'),
         ('UserWarning: resource_tracker: There appear to be 3 leaked shared_memory objects to clean up at shutdown', 'other_messages', 'python'),
         ('System.PlatformNotSupportedException: Named maps are not supported.', 'other_messages', 'net'), ('panic: unaligned 64-bit atomic operation', 'other_messages', 'go'),
         ('Warning: shm_attach(): failed for key 0x61019b9c: No space left on device', 'other_messages', 'php'), ('child hangs after fork in malloc', 'symptoms', 'child_hang'),
         ('mmap is not working: MAP_PRIVATE, writes not visible to the other process', 'all_errors', 'mmap-private'),
         # In the words of reporters, where ours are others.
         ('segfault when accessing shared memory after freeing it', 'symptoms', 'segfault'), ('deadlock', 'symptoms', 'deadlock'),
         ('process stuck in sem_wait', 'symptoms', 'stuck'), ('duplicate messages', 'symptoms', 'twice'), ('stale data', 'symptoms', 'stale'),
         ('two processes enter at once after extra sem_post', 'symptoms', 'are_two_processes'),
         ('ValueError: assignment destination is read-only', 'other_messages', 'read_only'), ('sem_timedwait EINVAL sometimes', 'symptoms', 'sem_timedwait'),
         ('Bus error (core dumped)', 'symptoms', 'bus_error'), ('SIGBUS instead of SIGSEGV', 'symptoms', 'is_the_object'), ('semop lock error', 'symptoms', 'logout'),
         ('Failed to open session mutex: QSystemSemaphore::handle: unknown error 38', 'symptoms', 'container'),
         ('Failed to open shared memory (Function not implemented)', 'symptoms', 'container'), ('Locking memory failed', 'symptoms', 'mlock'),
         ('freezes in pthread_cond_broadcast, glibc 2.25', 'symptoms', 'waiter'), ('Shared mutex dead lock', 'symptoms', 'still_locked'),
         ('race condition', 'symptoms', 'python'), ('memory barrier', 'symptoms', 'python'),
         # A sandbox, another system, and what servers print.
         ('SELinux shmat denied', 'symptoms', 'sandbox'), ('two runs of one flatpak shared memory', 'symptoms', 'sandbox'),
         ('sem_get(): Failed for key 0x7ea: Permission denied', 'symptoms', 'sandbox'), ('Bad system call', 'symptoms', 'sandbox'),
         ('clone3 Operation not permitted docker', 'symptoms', 'sandbox'), ('ftruncate Invalid argument macOS', 'symptoms', 'macos'),
         ('sem_init Function not implemented macOS', 'symptoms', 'macos'), ('SharedMemory unlink does nothing on Windows', 'symptoms', 'windows'),
         ('FATAL: could not create semaphores: No space left on device', 'program_messages', 'databases'),
         ('ORA-27154: post/wait create failed', 'program_messages', 'databases'), ('MDB_MAP_FULL: Environment mapsize limit reached', 'program_messages', 'databases'),
         ('database is locked SQLite NFS', 'program_messages', 'databases'), ('AH00004: Unable to create or access scoreboard', 'program_messages', 'apache'),
         ('[RTPS_TRANSPORT_SHM Error] Failed init_port fastrtps_port7412: open_and_lock_file failed', 'program_messages', 'ros_2'),
         ('failed to open CUDA IPC handle: invalid resource handle', 'program_messages', 'cuda'), ('vhost-user memory not shared', 'program_messages', 'qemu'),
         ("IOException: The system cannot open the device or file specified. : 'NuGet-Migrations'", 'other_messages', 'net'),
         ('No available shared memory broadcast block found in 60 seconds', 'other_messages', 'python'), ('received 0 items of ancdata', 'other_messages', 'python'),
         ('fcntl lock lost when another descriptor is closed', 'symptoms', 'critical_section'), ('pthread_cond_timedwait returns immediately', 'symptoms', 'wait'),
         ('mutex in mapped file hangs after reboot', 'symptoms', 'does_the_lock_lie'), ('ipcs dest segments not freed', 'symptoms', 'ipcs_m_show'),
         # Whose cause was found, and whose cure stood in another row.
         ("sem_open won't create and init as expected", 'symptoms', 'does_it_work_the_first_time'), ('rofi bus error (core dumped)', 'symptoms', 'does_it_die_in_memset'),
         ("PermissionError: [Errno 13] Permission denied: '/psm_1a2b3c4d'", 'other_messages', 'permissionerror'),
         ('Shared memory does not work across users', 'symptoms', 'permission_denied_to_one'), ('shared memory slower than pipe', 'symptoms', 'does_each_message'),
         ('fork mmap allocator memory corruption', 'symptoms', 'do_parent_and_child_both'),
         ('IPC::Shareable::SharedMem: shmget: Permission denied', 'other_messages', 'perl_ipc_shareable_could_not_create'),
         ('BDB0060 PANIC: fatal region error detected; run recovery', 'program_messages', 'rpm_yum'),
         ('max_map_count docker desktop windows wsl', 'other_messages', 'elasticsearch'),
         # From packagers, players, and users of programs.
         ('OSError: AF_UNIX path too long', 'other_messages', 'python-oserror_af_unix'),
         ('libm.so.6: ELF load command address/offset not page-aligned', 'symptoms', 'does_the_page_size_differ'),
         ('configure: error: cannot run test program while cross compiling', 'other_messages', 'configure_error'),
         ("error: 'SYS_futex' undeclared (first use in this function)", 'other_messages', 'sys_futex'),
         ("static declaration of 'memfd_create' follows non-static declaration", 'other_messages', 'static_declaration'),
         ('rkhunter Suspicious file types found in /dev: /dev/shm/lttng-ust-wait-8: data', 'symptoms', 'does_a_scanner'),
         ('Insufficient lockable memory 64kb when 84kb is required', 'symptoms', 'root-does_mlock'),
         ('Fatal error. Failed to create RW mapping for RX memory', 'other_messages', 'net-fatal_error'),
         ('checkptr: converted pointer straddles multiple allocations', 'other_messages', 'go_with_go_test_race'),
         ('SharedArrayBuffer is not defined', 'other_messages', 'in_a_browser'),
         ('docker tmpfs-size cannot write more than --memory limit', 'symptoms', 'container'),
         ('_multiprocessing.SemLock PermissionError: [Errno 1] Operation not permitted macOS sandbox', 'symptoms', 'sandbox'),
         ('MPI job fails sometimes Permission denied vader_segment', 'program_messages', 'open_mpi_mpich'),
         ('increase size of /dev/shm kubernetes', 'symptoms', 'container'),
         # Other forms of words: ENOSPC of what says "full", "leftover" of what is left.
         ('ENOSPC writing files memory mapped', 'symptoms', 'is_it_a_file_on_a'),
         ('latency spikes with large mapped files', 'symptoms', 'does_it_stall'), ('leftover semaphores block next run', 'symptoms', 'does_it_work_the_first_time'),
         ('segmentation fault at exit', 'symptoms', 'does_it_crash_as_it'), ('huge pages not released on exit', 'symptoms', 'hugepages_free'),
         ('files in /dev/shm are suddenly deleted', 'symptoms', 'does_it_go_at_logout'))


def ask(view, words):
    """Opens the search by its key, and types."""
    view.press('/')
    try:
        view.wait('return document.querySelector("dialog.find[open]") !== null', seconds=5)
    except Exception:
        raise AssertionError('/ opens no search') from None
    view.run('document.getElementById("find-words").value = ""')
    view.press(words)


def check_search_finds_what_people_type(view):
    view.show('index')
    ask(view, 'x')
    missed = []
    for words, page, anchor in TYPED:
        firsts = view.run('''
            const input = document.getElementById('find-words');
            input.value = arguments[0];
            input.dispatchEvent(new Event('input'));
            return Array.from(document.querySelectorAll('.find section'), group => Array.from(group.querySelectorAll('a')).slice(0, 3))
                .flat().map(link => [link.getAttribute('href'), link.querySelector('span:not(.said)')?.textContent || '']);''', words)
        # a card is told by its section, and by the name that its address ends with
        if not any(href.startswith(f'{page}.html') and (anchor in href.partition('#')[2] or anchor in f'{slug(on, "_")}-{href.rpartition("-")[2]}')
                   for href, on in firsts):
            missed.append(f'{words}: {firsts[:3]}')
    assert not missed, f'{len(missed)} of {len(TYPED)} are not found at once:\n' + '\n'.join(missed)


def check_search_by_keys(view):
    """From a file: / asks, the arrows choose, Enter opens; the word is marked where it leads, and on paper nothing of it shows."""
    view.show('lesson_02')
    ask(view, 'std::atomic')
    groups = view.run('return Array.from(document.querySelectorAll(".find h2"), head => head.textContent)')
    assert len(groups) >= 3, f'the groups are {groups}'
    said = view.run('return Array.from(document.querySelectorAll(".find .said"), one => one.textContent)')
    assert all(len(text) < 300 for text in said) and any('std::atomic' in text for text in said), f'what stands around the word is {said[:2]}'
    view.press('ARROW_DOWN', 'ARROW_DOWN', 'ARROW_UP', 'ARROW_DOWN')
    chosen = view.run('return document.activeElement.getAttribute("href")')
    second = view.run('return document.querySelectorAll(".find .results a")[1].getAttribute("href")')
    assert chosen == second, f'the arrows choose {chosen}, not {second}'
    view.press('ENTER')
    view.wait('return location.search.startsWith("?q=std")', seconds=5)
    marked = view.run('return Array.from(document.querySelectorAll("#text mark"), one => one.textContent.toLowerCase()).join("")')
    assert marked.startswith('std::atomic'), f'marked is {marked[:40]!r}'


def check_search_ends_and_leaves_no_trace(view):
    view.show('lesson_01')
    before = view.run('return document.querySelector("main").textContent')
    ask(view, 'mmap')
    view.press('ESCAPE')
    assert view.run('return document.querySelector("dialog.find").open') is False, 'Escape does not end the search'
    view.show('lesson_01', anchor='?q=mmap')
    assert view.run('return document.querySelectorAll("#text mark").length') > 3, 'nothing is marked'
    after = view.run('return document.querySelector("main").textContent')
    assert before == after, 'the marks change the text'


def check_a_marked_word_is_seen(view):
    """Also where it lies in a folded answer, and over the borders of coloured code."""
    view.show('lesson_01', (1400, 400), anchor='?q=std%3A%3Aatomic%3Cstd%3A%3Auint64_t%3E#lesson_01_publish_release_and_acquire')
    marked = view.run('return Array.from(document.querySelectorAll("#text mark"), one => one.textContent).join("|")')
    assert marked.replace('|', '').startswith('std::atomic<std::uint64_t>'), f'marked is {marked!r}'
    try:
        view.wait('return Array.from(document.querySelectorAll("#text mark"), one => one.getBoundingClientRect()).some(box => '
                  'box.top >= 0 && box.bottom <= window.innerHeight)', seconds=3)
    except Exception:
        raise AssertionError('no marked word is in sight') from None
    folded = view.run('return document.querySelector("details.answer")') and \
        view.run('return document.querySelector("details.answer p").textContent.trim().split(/\\s+/).slice(0, 3).join(" ")')
    view.show('lesson_01', anchor='?q=' + folded.replace(' ', '+'))
    assert view.run('return Array.from(document.querySelectorAll("#text mark")).every(one => one.checkVisibility())'), 'a marked word is folded away'


def check_errors_are_filtered(view):
    view.show('all_errors')
    shown = 'return Array.from(document.querySelectorAll("main h2, main table, .fault")).filter(part => part.checkVisibility()).map(part => part.id || part.tagName)'
    before = view.run(shown)
    view.one('#filter-words').click()
    view.press('shmget einval')
    after, said = view.run(shown), view.one('.error-filter [role=status]').text
    assert 'TABLE' in before and len(before) > 100, 'not all is shown at first'
    assert after[0] == 'all_errors_einval' and 'error_key-smaller' in after and len(after) < 9, f'shown are {after[:9]}'
    assert said == f'{sum(one.startswith("error_") for one in after)} of {sum(one.startswith("error_") for one in before)}', said
    view.run('const box = document.getElementById("filter-words"); box.value = ""; box.dispatchEvent(new Event("input"))')
    assert view.run(shown) == before, 'not all is shown at the end'


def check_a_row_is_seen_below_the_filter(view):
    for size in (WIDE, PHONE):
        for place in ('error_key-smaller', 'errors_einval_shmget', 'all_errors_einval'):
            view.show('all_errors', size, anchor=f'#{place}')
            top, bar = view.run('return [document.getElementById(arguments[0]).getBoundingClientRect().top, '
                                'document.querySelector(".error-filter").getBoundingClientRect().bottom]', place)
            assert bar <= top + 1 < 300, f'{place} stands at {top}, the filter ends at {bar} ({size})'


def check_two_steps(view):
    """From the first page: a beginner with "Bus error", an engineer with "shmget EINVAL", by the links alone."""
    for steps, row in ((('symptoms.html', 'all_errors.html#error_mmap-before-ftruncate'), 'error_mmap-before-ftruncate'),
                       (('all_errors.html', '#errors_einval_shmget'), 'error_shmget-over-shmmax')):
        view.show('index')
        for step in steps:
            links = view.all(f'main a[href="{step}"]')
            assert links, f'{view.page} has no link to {step}'
            links[0].click()
        top = view.run('return document.getElementById(arguments[0]).getBoundingClientRect().top', row)
        assert 0 <= top < 400, f'{row} stands at {top} after {steps}'


def check_accessibility(view, pages=None):
    source = pathlib.Path(AXE).read_text()
    found = []
    for page in pages or [*kinds(), 'lesson_02?q=shmget']:
        for size in (WIDE, PHONE):
            for look in ('light', 'dark'):
                view.show(page.partition('?')[0], size, look, ''.join(page.partition('?')[1:]))
                if '?' in page:
                    ask(view, 'shmget EINVAL')
                if view.all('.orders') and page == 'index':
                    play(view, 'ABABAB')
                view.run(source)
                violations = view.driver.execute_async_script('''
                    const done = arguments[arguments.length - 1];
                    axe.run(document, { preload: false, resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }).then(result =>
                        done(result.violations.map(one => `${one.id}: ${one.nodes.length}: ${one.nodes[0].html.slice(0, 120)}: `
                            + one.nodes[0].failureSummary.replace(/\\s+/g, ' ').slice(0, 160))));''')
                found += [f'{page} {size[0]} {look}: {one}' for one in violations]
    assert not found, f'{len(found)} violations:\n' + '\n'.join(found[:12])


# ---- the faults ----

STYLE, SCRIPT = 'site.css', 'site.js'


def css(text):
    return {STYLE: [(r'\Z', text)]}


INNER_SCROLLING = css('html, body { height: 100vh; overflow: hidden; } main { height: 100vh; overflow: auto; }')
NO_SCRIPT = {'*': [(r'<script.*?</script>', '')]}
FAULTS = (
    (check_keys_scroll, INNER_SCROLLING, 'does not scroll'),
    (check_back_keeps_the_place, {'*': [('</body>', '<script>history.scrollRestoration = "manual"; '
                                  'window.addEventListener("pageshow", () => window.scrollTo(0, 0));</script></body>')]}, 'after Back'),
    (check_reload_keeps_the_place, {'*': [('</body>', '<script>history.scrollRestoration = "manual";</script></body>')]}, 'after a reload'),
    (check_anchors_show_their_heading, css('html { scroll-padding-top: 0 !important; } :is(h2, h3) { scroll-margin-top: 0 !important; }'), 'the bar ends'),
    (check_skip_link, {'*': [('href="#text">Skip', 'href="#contents">Skip')]}, 'past the menu'),
    (check_tab_reaches_all, {SCRIPT: [(r"type: 'button', textContent: 'Copy'", "type: 'button', tabIndex: -1, textContent: 'Copy'")]}, 'Tab does not reach'),
    (check_phone_menu, css('#menu:checked ~ #contents { display: none !important; }'), 'a tap does not open'),
    (check_phone_menu, {SCRIPT: [("'Escape'", "'Delete'")]}, 'Escape does not close'),
    (check_nothing_is_wider_than_a_phone, css('.listing { min-width: 600px; }'), 'wide on a telephone'),
    (check_nothing_is_wider_than_a_small_window, css('dl.asked :is(dt, dd), dl.asked code { white-space: nowrap !important; }'), 'in a window of 1024'),
    (check_tables_are_cards_on_a_phone, css('@media (max-width: 700px) { .contents table.markdownTable td { width: 30px !important; } }'), 'wide on a telephone'),
    (check_cards_say_what_their_parts_are, css('''.asked[data-heads$="|how"] dd:nth-of-type(2)::before { content: none !important; }'''), 'are called'),
    (check_copy_buttons_cover_nothing, css('.listing > button { position: absolute; grid-area: auto; left: 16px; top: 8px; }'), 'cover text'),
    (check_copy_button_copies, {SCRIPT: [(r'writeText\(to_copy\(code\)\)', "writeText('')")]}, 'copied was'),
    (check_copy_button_copies, {SCRIPT: [(r"typed.join\('\\n'\) \|\| ", '')]}, 'copied was'),
    (check_copy_button_copies, {SCRIPT: [(r"\|'\[\^'\]\*'\|", '|\'|')]}, 'copied was'),
    (check_one_edge, css('.textblock > p { max-width: 60ch !important; }'), 'end at'),
    (check_figures_hold_their_text, {'lesson_05_deeper.html': [('written once a span', 'written once a span, and not for each of its messages')]}, 'cut off in a figure'),
    (check_figures_are_as_drawn, css('.frame { width: 290px; }'), 'are not as drawn'),
    (check_print_length, css('@media print { p { line-height: 6 !important; } }'), 'printed pages'),
    (check_print_cuts_nothing, css('@media print { div.line, pre.fragment { white-space: pre !important; overflow-x: auto !important; }'
                                   ' div.fragment { overflow-x: auto !important; } .line { min-width: 1200px; } }'), 'cut on paper'),
    (check_print_cuts_nothing, css('@media print { .masthead { display: block !important; } }'), 'on paper as well'),
    (check_answers_are_open_on_paper, {SCRIPT: [('beforeprint', 'afterprint')]}, 'is folded'),
    (check_without_script, {**NO_SCRIPT, **css('html:not(.script) #contents { display: none !important; }')}, 'no menu'),
    (check_dark, css('html { --page-background-color: #fff !important; }'), 'not dark'),
    (check_dark, {SCRIPT: [(r"localStorage.setItem\('shm-look', to\)", "''")]}, 'has forgotten it'),
    (check_stepper_by_keys, {SCRIPT: [('ArrowLeft: -1, ArrowRight: 1', 'ArrowUp: -1, ArrowDown: 1')]}, 'two keys lead'),
    (check_orders_by_keys, {SCRIPT: [(r"Number\(event.key\) - 1", 'Number(event.key)')]}, 'said is'),
    (check_orders_by_keys, {SCRIPT: [(r"played\[shown\]\.back\(\)", 'null')]}, 'two keys back'),
    (check_orders_by_keys, {SCRIPT: [(r"\[at\] = went.pop\(\)", 'went.pop()')]}, 'memory is another'),
    (check_orders_by_keys, css('.orders.live .version .all { display: block !important; }'), 'before the reader has chosen'),
    (check_each_order_ends_as_its_row_says, {'index.html': [('<code>AABABB</code>', '<code>AAABBB</code>')]}, "not as the table says: ['AAABBB']"),
    (check_orders_on_paper, css('@media print { .orders.live .version:not(.now) { display: none !important; } }'), 'on paper a version'),
    (check_keys_turn_pages, {'*': [('rel="next"', 'rel="after"')]}, 'do not turn pages'),
    (check_order_is_a_chain, {'lesson_01.html': [('rel="next" href="lesson_02', 'rel="next" href="lesson_03')]}, 'Next leads along'),
    (check_no_marks_where_storage_is_not_shared, {SCRIPT: [('let is_shared = false', 'let is_shared = true'), ('is_shared = location', 'is_shared = is_shared || location')]},
     'buttons'),
    (check_search_finds_what_people_type, {'search.js': [('b.score - a.score', 'a.score - b.score')]}, 'are not found at once'),
    (check_search_finds_what_people_type, {'search.js': [(r"word.split\(/\[", "[word].flat(/[")]}, 'are not found at once'),
    (check_search_by_keys, {SCRIPT: [("event.key !== '/'", "event.key !== '?'")]}, '/ opens no search'),
    (check_search_finds_what_people_type, {'search.js': [(r'OTHER_FORM = 0\.6', 'OTHER_FORM = 0')]}, 'are not found at once'),
    (check_search_finds_what_people_type, {'search.js': [('PARTICULAR = 16', 'PARTICULAR = 0')]}, 'are not found at once'),
    (check_search_finds_what_people_type, {'search.js': [(r'all: words \?', 'all: false ?')]}, 'are not found at once'),
    (check_search_by_keys, {'search.js': [('ArrowDown: 1', 'ArrowDown: 2')]}, 'the arrows choose'),
    (check_search_by_keys, {SCRIPT: [('if \\(!mark_text', 'if (mark_text && false && !mark_text')]}, 'marked is'),
    (check_search_ends_and_leaves_no_trace, {SCRIPT: [('shown.append\\(hit\\)', "shown.append('X')")]}, 'change the text'),
    (check_a_marked_word_is_seen, {SCRIPT: [('box.open = true', 'box.open = false')]}, 'folded away'),
    (check_a_marked_word_is_seen, {SCRIPT: [(r"first.scrollIntoView\(\{", "first.dispatchEvent(new Event('x'), {")]}, 'is in sight'),
    (check_errors_are_filtered, {SCRIPT: [('part.hidden = !is_hit', 'part.hidden = false')]}, 'shown are'),
    (check_errors_are_filtered, css('.contents table.markdownTable[hidden] { display: table !important; }'), 'shown are'),
    (check_a_row_is_seen_below_the_filter, css('.contents .textblock :is(.jump, .fault) { scroll-margin-top: 0; }'), 'the filter ends'),
    (check_two_steps, {'symptoms.html': [('all_errors.html#error_mmap-before-ftruncate', 'all_errors.html')]}, 'has no link'),
    (check_console_and_requests, {'*': [('</body>', '<script>console.error("planted")</script></body>')]}, 'planted'),
)
ACCESSIBILITY_FAULTS = (
    (css('div.fragment span.comment { color: #aaa !important; }'), 'color-contrast'),
    (css('.listing > button { min-width: 0; width: 14px; height: 14px; margin: 0; padding: 0; overflow: hidden; } '
         '.listing > button + * { margin-top: 0; } .bar button { width: 10px; height: 10px; } .bar .home { line-height: 1; padding: 0; } .bar { gap: 0; }'), 'target-size'),
    ({'lesson_01.html': [(' lang="en"', '')]}, 'html-has-lang'),
)


class InABrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser.start()
        cls.addClassCleanup(cls.driver.quit)

    def view(self, site):
        return View(self.driver, site if str(site).startswith('http') else pathlib.Path(site).as_uri())

    def find(self, check, changes, message):
        with planted(SITE, changes) as site, self.assertRaises(AssertionError) as found:
            check(self.view(site))
        self.assertIn(message, str(found.exception))

    def test_pages_without_a_script(self):
        with planted(SITE, NO_SCRIPT) as site:
            check_without_script(self.view(site))

    def test_marks_on_finished_lessons(self):
        with served(SITE) as site:
            check_marks(self.view(site))
        with planted(SITE, {SCRIPT: [(r'\? before.filter\(one => one !== lesson\)', '? before')]}) as copy, served(copy) as site:
            with self.assertRaises(AssertionError):
                check_marks(self.view(site))

    @unittest.skipUnless(AXE, 'axe-core is not here; .ci/run fetches it, and SHM_AXE names it')
    def test_accessibility(self):
        check_accessibility(self.view(SITE))

    @unittest.skipUnless(AXE, 'axe-core is not here; .ci/run fetches it, and SHM_AXE names it')
    def test_accessibility_finds_faults(self):
        for changes, rule in ACCESSIBILITY_FAULTS:
            with self.subTest(rule):
                self.find(lambda view: check_accessibility(view, ['lesson_01']), changes, rule)


def add_tests():
    """A test for each check, and one for each fault."""
    of_copies = (check_without_script, check_marks, check_accessibility)
    for name, check in list(globals().items()):
        if name.startswith('check_') and check not in of_copies:
            setattr(InABrowser, name.replace('check_', 'test_', 1), lambda self, check=check: check(self.view(SITE)))
    for number, (check, changes, message) in enumerate(FAULTS):
        setattr(InABrowser, f'test_fault_{number:02}_{check.__name__.removeprefix("check_")}',
                lambda self, check=check, changes=changes, message=message: self.find(check, changes, message))


if __name__ == '__main__':
    missing = ('' if os.environ.get('SHM_BROWSER') else 'it takes minutes; tests/run --browser runs it') or browser.why_not()
    if missing:
        print(f'skipped: {missing}')
        sys.exit()
    add_tests()
    unittest.main(verbosity=2)
