/* Reading aids. Every page works without this file. */
(() => {
  'use strict';
  const all = selector => Array.from(document.querySelectorAll(selector));
  const make = (tag, properties, ...inside) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  };
  const is_plain = event => !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);

  /* keys: ← and → lead to the previous and the next page */
  document.addEventListener('keydown', event => {
    if (!is_plain(event)) return;
    if (event.target.closest && event.target.closest('input, textarea, select, button, .scrolls, .stepper, .orders')) return;
    const to = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
    const link = to && document.querySelector(`.prevnext a[rel=${to}]`);
    if (link) location.href = link.href;
  });

  /* the menu of a narrow screen: Escape closes it, and so does a link to another place on this page */
  const menu = document.getElementById('menu');
  if (menu) {
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && menu.checked) { menu.checked = false; menu.focus(); }
    });
    document.getElementById('contents').addEventListener('click', event => {
      if (event.target.closest('a')) menu.checked = false;
    });
    const current = document.querySelector('#contents [aria-current]');
    const frame = document.querySelector('.masthead');
    if (current && frame.scrollHeight > frame.clientHeight) frame.scrollTop = current.offsetTop - frame.clientHeight / 2;
  }

  /* what is on this page: open where it stands beside the text */
  const beside = window.matchMedia('(min-width: 1300px)');
  const unfold = () => all('details.toc').forEach(box => { box.open = beside.matches; });
  unfold();
  beside.addEventListener('change', unfold);

  /* dark or light, as the reader wishes; else as the system does */
  const root = document.documentElement;
  const is_dark = () => root.classList.contains('dark-mode')
    || (!root.classList.contains('light-mode') && window.matchMedia('(prefers-color-scheme: dark)').matches);
  const bar = document.querySelector('.bar');
  if (bar) {
    const button = make('button', { type: 'button', className: 'look' });
    const name = () => {
      button.textContent = is_dark() ? '☀' : '☾';
      button.setAttribute('aria-label', is_dark() ? 'Light page' : 'Dark page');
    };
    button.addEventListener('click', () => {
      const to = is_dark() ? 'light-mode' : 'dark-mode';
      root.classList.remove('light-mode', 'dark-mode');
      root.classList.add(to);
      try { localStorage.setItem('shm-look', to); } catch { /* no storage */ }
      name();
    });
    name();
    bar.append(button);
  }

  /* a card leads to itself, as a heading does */
  all('dl.asked > div').forEach(card => {
    const asked = card.querySelector('dt');
    asked.append('\u00a0', make('a', { className: 'self', href: `#${card.id}`, ariaLabel: `Link to “${asked.textContent}”`, textContent: '#' }));
  });

  /* search: a button, and the key /; search.js, which has all words of the site, is loaded at first use */
  const asked = new URLSearchParams(location.search).get('q') || '';
  const marked = (text, words) => {   // [[text, is_hit], …]
    const low = text.toLowerCase();
    const out = [];
    for (let at = 0; at < text.length;) {
      const hits = words.map(word => [low.indexOf(word, at), word.length]).filter(([place]) => place >= 0).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
      if (!hits.length) { out.push([text.slice(at), false]); break; }
      const [place, length] = hits[0];
      if (place > at) out.push([text.slice(at, place), false]);
      out.push([text.slice(place, place + length), true]);
      at = place + length;
    }
    return out;
  };

  const search = () => {
    const open = () => window.shmSearch.open({ make, is_plain, marked, asked });
    if (window.shmSearch) { open(); return; }
    const script = make('script', { src: 'search.js' });
    script.addEventListener('load', open);
    document.head.append(script);
  };
  if (bar) {
    const button = make('button', { type: 'button', className: 'search', textContent: 'Search ' }, make('kbd', { textContent: '/' }));
    button.addEventListener('click', search);
    bar.append(button);
  }
  document.addEventListener('keydown', event => {
    if (event.key !== '/' || event.altKey || event.ctrlKey || event.metaKey || event.target.closest('input, textarea, select')) return;
    event.preventDefault();
    search();
  });

  /* the word that led here is marked: as a whole where the page has it so, else each word of it */
  const mark_text = words => {
    const walker = document.createTreeWalker(document.getElementById('text'), NodeFilter.SHOW_TEXT,
      node => (node.parentElement.closest('script, style, svg, button, .prevnext, .self') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    const parts = [];   // of hits, each within one node: a hit may lie in several
    let [node, start, at] = [0, 0, 0];
    marked(nodes.map(one => one.data.replace(/\s/g, ' ')).join(''), words).forEach(([text, is_hit]) => {
      for (const end = at + text.length; at < end;) {
        while (start + nodes[node].length <= at) { start += nodes[node].length; node += 1; }
        const to = Math.min(end, start + nodes[node].length);
        if (is_hit) parts.push([nodes[node], at - start, to - start]);
        at = to;
      }
    });
    parts.reverse().forEach(([one, from, to]) => {   // from the end: what precedes keeps its place
      one.splitText(to);
      const hit = one.splitText(from);
      const shown = make('mark', {});
      hit.replaceWith(shown);
      shown.append(hit);
    });
    return parts.length;
  };
  if (asked.trim() && document.getElementById('text')) {
    const phrase = asked.trim().toLowerCase().replace(/\s+/g, ' ');
    if (!mark_text([phrase])) mark_text(phrase.split(' ').filter(word => word.length > 1));
    all('details:not(.toc)').forEach(box => { if (box.querySelector('mark')) box.open = true; });
  }

  /* all error messages: those that have all of the words, with the headings and the rows of the table that lead to them */
  const place = document.getElementById('error-filter');
  if (place) {
    const faults = all('.fault').map(fault => [fault, fault.textContent.toLowerCase()]);
    const input = make('input', { type: 'search', id: 'filter-words', autocomplete: 'off', spellcheck: false });
    const status = make('span', { role: 'status' });
    const filter = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      let heading;
      all('main h2, .fault').forEach(part => {
        if (part.matches('h2')) { heading = part; heading.hidden = words.length > 0; return; }
        const text = faults.find(([fault]) => fault === part)[1];
        const is_hit = words.every(word => text.includes(word));
        part.hidden = !is_hit;
        if (is_hit) { heading.hidden = false; shown += 1; }
      });
      const table = document.querySelector('main table');
      if (table) table.hidden = words.length > 0;
      status.textContent = words.length ? `${shown} of ${faults.length}` : '';
    };
    input.addEventListener('input', filter);
    place.className = 'error-filter';
    place.append(make('label', { htmlFor: 'filter-words', textContent: 'Show only' }), input, status);
  }

  /* a button that copies, beside code and output: of an output its commands, without the "$ " and what they printed */
  const command = /^\$ ((?:[^\n'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")*)$/gm;   // a quoted part may have several lines
  const to_copy = code => {
    if (code.matches('pre')) {
      const typed = Array.from(code.textContent.matchAll(command), found => found[1]);
      return typed.join('\n') || code.textContent.replace(/^.*\[(ended by|exit status) \w+\]\n/gm, '');
    }
    return Array.from(code.querySelectorAll('.line'), line => {
      const copy = line.cloneNode(true);
      copy.querySelectorAll('.lineno').forEach(number => number.remove());
      return copy.textContent.trimEnd();
    }).join('\n');
  };
  all('.listing').forEach(box => {
    const code = box.querySelector('div.fragment, pre.fragment');
    const button = make('button', { type: 'button', textContent: 'Copy' });
    button.setAttribute('aria-label', `Copy ${box.classList.contains('output') ? 'what was typed here' : 'this code'}`);
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(to_copy(code));
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Refused';
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    (box.querySelector('.src-name, .output-title') || code).after(button);
  });

  /* a figure in steps: one at a time */
  all('.stepper').forEach(figure => {
    const steps = Array.from(figure.querySelectorAll('li'));
    const controls = make('div', { className: 'controls' });
    let at = 0;
    const button = (name, by) => {
      const made = make('button', { type: 'button', textContent: name });
      made.addEventListener('click', () => show(at + by));
      controls.append(made);
      return made;
    };
    const back = button('Back', -1);
    const where = make('span', {});
    controls.append(where);
    const next = button('Next', 1);
    const show = to => {
      at = Math.min(Math.max(to, 0), steps.length - 1);
      steps.forEach((step, number) => step.classList.toggle('now', number === at));
      where.textContent = `step ${at + 1} of ${steps.length}`;
      back.disabled = at === 0;
      next.disabled = at === steps.length - 1;
    };
    figure.addEventListener('keydown', event => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || !is_plain(event)) return;
      event.preventDefault();
      show(at + by);
    });
    figure.tabIndex = 0;
    figure.setAttribute('aria-label', 'A figure in steps: left and right arrow lead through them');
    const list = figure.querySelector('ol');
    list.setAttribute('aria-live', 'polite');
    list.after(controls);
    figure.classList.add('live');
    show(0);
  });

  /* a figure in which the reader chooses which process steps next: each state that can be reached stands in its data as
     [words, the place of each process, its move ([state, what is said], or why it makes none), how it ends] */
  const button_of = (name, action, into) => {
    const made = make('button', { type: 'button', textContent: name });
    made.addEventListener('click', action);
    into.append(made);
    return made;
  };
  const show_words = (box, words, before) => {   // shared memory first, then each process's own
    box.querySelectorAll('dd').forEach((value, number) => {
      value.textContent = words[number] || '–';
      value.classList.toggle('new', words[number] !== before[number]);
    });
  };
  const show_process = (column, name, place, taken, move) => {
    column.querySelectorAll('li').forEach((line, number) => {
      line.classList.toggle('done', taken.includes(number));
      line.classList.toggle('passed', number < place && !taken.includes(number));
      line.classList.toggle('now', number === place);
    });
    const button = column.querySelector('button');
    button.textContent = Array.isArray(move) ? `Step ${name}` : `${name[0].toUpperCase()}${name.slice(1)} ${move ? 'waits' : 'has ended'}`;
    button.setAttribute('aria-disabled', String(!Array.isArray(move)));   // it keeps the focus
  };
  const play = (box, version, to_next) => {
    const [said, order, controls] = ['said', 'taken', 'controls'].map(className => make(className === 'controls' ? 'div' : 'p', { className }));
    const columns = Array.from(box.querySelectorAll('.process'));
    const went = [];   // [state, process] of each step
    let [at, last] = [0, ''];
    const told = () => (went.length ? version.states[went[went.length - 1][0]][2][went[went.length - 1][1]][1] : 'Choose which process takes the next step.');
    const show = () => {
      const [words, places, moves, end] = version.states[at];
      show_words(box, words, went.length ? version.states[went[went.length - 1][0]][0] : words);
      columns.forEach((column, number) => {
        const taken = went.filter(([, who]) => who === number).map(([from]) => version.states[from][1][number]);
        show_process(column, version.names[number], places[number], taken, moves[number]);
      });
      const letters = went.map(([, who]) => version.letters[who]).join('');
      said.textContent = end ? `${last} ${end[1]}` : last;
      said.className = `said ${end ? (end[0] ? 'good' : 'bad') : ''}`;
      order.textContent = letters && `Your order: ${letters}`;
      box.classList.toggle('ended', Boolean(end));
      box.querySelectorAll('td code').forEach(one => one.classList.toggle('now', Boolean(end) && one.textContent === letters));
      [back, again].forEach(button => { button.disabled = !went.length; });
      if (next) next.classList.toggle('first', Boolean(end));
    };
    const step = number => {
      const move = version.states[at][2][number];
      if (Array.isArray(move)) { went.push([at, number]); [at] = move; }
      last = Array.isArray(move) || !move ? told() : move;   // or why it waits
      show();
    };
    const go_back = steps => {
      for (let left = Math.min(steps, went.length); left > 0; left -= 1) [at] = went.pop();
      last = told();
      show();
    };
    columns.forEach((column, number) => button_of('', () => step(number), column));
    const back = button_of('Back', () => go_back(1), controls);
    const again = button_of('Begin again', () => go_back(went.length), controls);
    const next = to_next && button_of(`${to_next.name} →`, to_next.show, controls);
    said.setAttribute('role', 'status');
    box.querySelector('.scene').after(said, order, controls);
    go_back(0);
    return { step, back: () => go_back(1) };
  };
  all('.orders').forEach(figure => {
    const data = JSON.parse(figure.querySelector('script').textContent);
    const boxes = Array.from(figure.querySelectorAll('.version'));
    let shown = 0;
    const choose = number => {
      shown = number;
      boxes.forEach((box, each) => box.classList.toggle('now', each === number));
      tabs.querySelectorAll('button').forEach((tab, each) => tab.setAttribute('aria-pressed', String(each === number)));
    };
    const tabs = make('div', { className: 'controls versions' });
    const played = boxes.map((box, number) => {
      button_of(data[number].name, () => choose(number), tabs);
      const following = number + 1;
      return play(box, data[number], following < boxes.length && { name: data[following].name, show: () => { choose(following); tabs.children[following].focus(); } });
    });
    figure.prepend(tabs);
    figure.addEventListener('keydown', event => {
      if (!is_plain(event)) return;
      const who = Number(event.key) - 1;
      if (event.key === 'ArrowLeft') played[shown].back();
      else if (who >= 0 && who < data[shown].letters.length) played[shown].step(who);
      else return;
      event.preventDefault();
    });
    figure.tabIndex = 0;
    figure.setAttribute('role', 'group');
    figure.setAttribute('aria-label', `${figure.getAttribute('aria-label')}: the keys ${data[0].letters.map((_, number) => number + 1).join(', ')} take a step of a process, left arrow goes back`);
    figure.classList.add('live');
    choose(0);
  });

  /* marks on finished lessons, where the pages share a storage. Opened as files, Firefox keeps one for each page: so a page
     tells that from whether another one's name is there. */
  const here = location.pathname.split('/').pop() || 'index.html';
  const read = key => JSON.parse(localStorage.getItem(key) || '[]');
  let is_shared = false;
  try {
    const seen = read('shm-pages');
    is_shared = location.protocol.startsWith('http') || seen.some(name => name !== here);
    if (!seen.includes(here) && seen.length < 2) localStorage.setItem('shm-pages', JSON.stringify([...seen, here]));
  } catch { /* no storage */ }
  const show_marks = () => {
    const finished = read('shm-finished');
    all('.tick').forEach(tick => tick.remove());
    all('[data-lesson]').filter(item => finished.includes(item.dataset.lesson)).forEach(item => {
      item.querySelector('a').append(make('span', { className: 'tick', role: 'img', ariaLabel: 'finished', textContent: '✓' }));
    });
    return finished;
  };
  const lesson = (here.match(/^(lesson_\d\d)\.html$/) || [])[1];
  if (is_shared) {
    show_marks();
    const order = document.querySelector('.prevnext');
    if (lesson && order) {
      const button = make('button', { type: 'button' });
      const name = () => { button.textContent = read('shm-finished').includes(lesson) ? 'Not finished after all' : 'Mark this lesson as finished'; };
      button.addEventListener('click', () => {
        const before = read('shm-finished');
        const after = before.includes(lesson) ? before.filter(one => one !== lesson) : [...before, lesson];
        localStorage.setItem('shm-finished', JSON.stringify(after));
        show_marks();
        name();
      });
      name();
      order.before(make('p', { className: 'finish' }, button));
    }
  }
  const list = here === 'index.html' && document.querySelector('ol.lessons');
  if (list && !is_shared && location.protocol === 'file:') {
    list.after(make('p', { className: 'mark', textContent: 'Opened from files, as here, some browsers (Firefox) cannot remember which lessons you '
      + 'have finished. From a web server every browser can.' }));
  }

  /* on paper every answer is open */
  window.addEventListener('beforeprint', () => all('details.answer').forEach(answer => { answer.open = true; }));

  /* what is wider than the page can be scrolled by keyboard */
  const mark = () => all('div.fragment, pre.fragment, .diagram .scroll, .plot .scroll, .memproto, .memdoc').forEach(part => {
    const is_wide = part.scrollWidth > part.clientWidth;
    part.classList.toggle('scrolls', is_wide);
    if (is_wide) part.tabIndex = 0; else part.removeAttribute('tabindex');
  });
  mark();
  window.addEventListener('resize', mark);

  /* what this script has added stands above the place that the address names */
  const opened = performance.getEntriesByType('navigation')[0];
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named && opened && opened.type === 'navigate') {
    named.scrollIntoView();
    const follows = Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY;
    const first = all('#text mark').find(hit => named.compareDocumentPosition(hit) & follows);
    // the browser itself goes to the place once more, when all is loaded
    if (first) window.addEventListener('load', () => setTimeout(() => {
      if (first.getBoundingClientRect().bottom > window.innerHeight) first.scrollIntoView({ block: 'center' });
    }));
  }
})();
