/* Finds words in the site. search_index.py puts below it what can be found: by page. */
const shmSearch = (() => {
  'use strict';
  const KINDS = { e: 'Error messages', s: 'Symptoms', p: 'Lessons and guide', w: 'Glossary', a: 'Library', c: 'Programs' };
  const WEIGHT = { e: 25, s: 22, p: 12, w: 15, a: 5, c: 0 };
  const PARTICULAR = 16;   // so much less weighs a question about one program
  const SHOWN = 6;   // of a group
  const FEW = 10;    // places that have all words
  const OTHER_FORM = 0.6;   // of a word, or another one that the card does not say itself, beside the word
  let places = [];

  /* in small letters; "Error 12", "error = 12", "[Errno 12]" and "OS error 12" are all errno 12 */
  const plain = text => text.toLowerCase().replace(/\b(?:os )?err(?:or|no)?(?: code)?[\s=:]*(\d{1,3})\b/g, 'errno $1');

  /* what the row is called whose first cell says so (page.py) */
  const rowName = asked => asked.toLowerCase().replaceAll("'", '').split(/[^a-z0-9]+/).filter(Boolean).slice(0, 6).join('_');

  const fill = pages => {
    places = Object.entries(pages).flatMap(([page, [on, entries]]) => {
      let list = [];   // that follows: the section, what the parts of a card are called, whether it is of particular programs
      return entries.flatMap(([kind, short, asked, said, words]) => {   // words: by which people look for it who do not know it yet
        if (kind === 'h' || kind === 'r') {
          list = [short, asked, kind === 'r'];
          return [];
        }
        const [section, heads, is_later] = kind === 's' ? list : ['', [], false];
        const is_particular = is_later || (kind === 's' && page !== 'symptoms.html');   // the pages of messages have nothing else
        const [title, seen] = asked.split('¦');   // a question, and as what it is seen
        const text = kind !== 's' ? said : [...(seen ? [`Seen as: ${seen}`] : []), ...said.map((cell, at) => `${heads[at]}: ${cell}`)].join('. ');
        const end = short === '-' ? `-${rowName(title)}` : short;
        const anchor = /^[-_]/.test(end) ? page.replace('.html', '') + end : end;
        const place = { kind, page, anchor, title: title || on, on: kind === 's' ? section : title && kind !== 'e' ? on : '', text, weight: WEIGHT[kind] - (is_particular ? PARTICULAR : 0) };
        const shown = plain(`${place.title}\n${text}\n${section}\n${on}`);
        return [Object.assign(place, { name: plain(`${place.title} ${seen || ''}`.trim()), shown, all: words ? `${shown}\n${plain(words)}` : shown })];
      });
    });
  };

  /* what can be found, as search_index.py packs it: a page that was opened as a file may fetch nothing, so that it comes in the script */
  let ready;
  const load = packed => {
    const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0));
    const plain_text = () => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))).json();
    ready = (async () => fill(await plain_text()))();
    return ready;
  };

  const is_letter = letter => letter !== undefined && /[\w]/.test(letter);
  const is_whole = (text, word) => {   // the word itself somewhere, and not only as a part of another one
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      if (!is_letter(text[at - 1]) && !is_letter(text[at + word.length])) return true;
    }
    return false;
  };
  const worth = (text, word, inside, whole) => (text.includes(word) ? inside + (is_whole(text, word) ? whole : 0) : 0);

  const score = (place, phrase, words) => {
    let sum = place.weight + (place.name === phrase ? 120 : 0) + (place.name.endsWith(`::${phrase}`) ? 40 : 0)
      + (/^(lesson_\d\d|how_it_works|symptoms)\.html$/.test(place.page) ? 6 : 0);
    sum += worth(place.name, phrase, 40, 40) + worth(place.all, phrase, 10, 20);
    for (const word of words) sum += (worth(place.name, word, 15, 15) + worth(place.shown, word, 2, 4)) / words.length;
    return sum;
  };

  const stem = word => (word.length > 4 ? word.replace(/(ing|ed|es|s|e)$/, '') : word);
  const with_all = words => places.filter(place => words.every(word => place.all.includes(word)));

  /* of a word of a message, what the site has of it: "shmget(size=64", "/dev/shm/.org.chromium.X1", "segment:" */
  const known_parts = word => {
    const is_known = part => places.some(place => is_whole(place.all, part));
    if (is_known(word)) return [word];
    const parts = word.split(/[^\w./-]+/).filter(Boolean).flatMap(part => [part, part.replace(/(\w)\/[^/]*$/, '$1'), part.replace(/.*\//, '')]);
    const known = parts.filter(part => part.length > 1 && is_known(part));
    return known.length ? known : parts.map(stem).filter(part => part.length > 3 && places.some(place => place.all.includes(part)));
  };

  /* what people type, beside what the site says */
  const SAME = [['sigbus', 'bus error'], ['sigsegv', 'segfault', 'segmentation fault'], ['sigabrt', 'aborted'], ['eintr', 'interrupted system call'],
    ['enospc', 'no space left on device'], ['enomem', 'cannot allocate memory'], ['eacces', 'permission denied'], ['einval', 'invalid argument'],
    ['enosys', 'function not implemented'], ['eperm', 'operation not permitted'], ['emfile', 'too many open files'], ['enoent', 'no such file or directory'],
    ['intermittent', 'sometimes', 'randomly', 'occasionally', 'now and then'], ['leak', 'leftover', 'left over', 'left behind', 'persists', 'freed'],
    ['hang', 'stuck', 'freeze', 'deadlock', 'blocked', 'for ever'], ['corrupt', 'garbage'], ['restart', 'reboot', 'started anew'], ['mmapped', 'mapped'],
    ['incorrect', 'wrong'], ['slow', 'latency'], ['duplicate', 'twice'], ['failure', 'fail'], ['crash', 'die', 'killed']];
  const forms = word => [stem(word), ...SAME.filter(same => same.includes(word) || same.some(one => stem(one) === stem(word))).flat()].filter(form => form !== word && form.length > 2);

  /* where no place has all words: the places that have those which tell most. A word tells the more, the fewer places have
     it; two that follow each other, as in a message, tell half as much once more; another form of a word tells less */
  const with_most = words => {
    const tells = new Map(words.map(word => [word, Math.min(4, Math.log(places.length / places.filter(place => place.all.includes(word)).length))]));
    const others = new Map(words.map(word => [word, forms(word)]));
    const pairs = words.slice(1).map((word, at) => [`${words[at]} ${word}`, (tells.get(words[at]) + tells.get(word)) / 2]);
    const told = place => {
      let sum = place.weight / 8;
      for (const [word, much] of tells) {
        sum += place.all.includes(word) ? (place.shown.includes(word) ? 1 : OTHER_FORM) * worth(place.all, word, much * 0.6, much * 0.4) + worth(place.name, word, 0, much * (place.kind === 'e' ? 0.8 : 0.2))
          : others.get(word).some(form => place.all.includes(form)) ? much * OTHER_FORM : 0;
      }
      for (const [pair, much] of pairs) sum += worth(place.all, pair, 0, much);
      return sum * (1 - Math.min(0.3, place.all.length / 8000));   // a long section has words by chance
    };
    const scored = places.map(place => ({ place, score: told(place) }));
    const best = Math.max(...scored.map(one => one.score));
    return scored.filter(one => one.score > best * 0.6);
  };

  /* {words, is_part, groups: [{name, total, places}]}: the best group first. Where no place has all words, their stems are
     tried; then the places that have the most of them, and is_part says so. A message that only a few have is followed by these, too. */
  const find = query => {
    const phrase = plain(query.trim()).replace(/\s+/g, ' ');
    // A message as it is printed: "shmget: Invalid argument", "sem_get(): failed".
    let words = [...new Set(phrase.split(' ').map(word => word.replace(/^["'(\[]+|["'()\],.;:!?]+$/g, '') || word))].filter(Boolean);
    if (!words.length) return { words, is_part: false, groups: [] };
    let found = with_all(words);
    if (!found.length) {
      const stems = words.map(word => (places.some(place => is_whole(place.all, word)) ? word : stem(word)));
      found = with_all(stems);
      words = found.length ? stems : [...new Set(words.flatMap(known_parts))];
    }
    const is_part = !found.length;
    const scored = found.map(place => ({ place, score: score(place, phrase, words) + 1000 }));
    if (words.length && (is_part || (found.length < FEW && words.length > 2))) scored.push(...with_most(words).filter(one => !found.includes(one.place)));
    const groups = new Map();
    for (const { place } of scored.sort((a, b) => b.score - a.score)) groups.set(place.kind, [...(groups.get(place.kind) || []), place]);
    return { words, is_part, groups: Array.from(groups, ([kind, of]) => ({ name: KINDS[kind], total: of.length, places: of.slice(0, SHOWN) })) };
  };

  /* the sentence around the first hit */
  const around = (text, phrase, words) => {
    const low = text.toLowerCase();
    const at = [phrase, ...words].map(word => low.indexOf(word)).find(place => place >= 0) ?? 0;
    const before = text.slice(Math.max(0, at - 120), at);
    const begin = at - before.length + Math.max(before.lastIndexOf('. ') + 1, before.lastIndexOf(': ') + 1, at > 120 ? before.indexOf(' ') : 0);
    const after = text.slice(at, begin + 220);
    const stop = after.search(/[.?!] /);
    const end = begin + 220 < text.length ? (stop > 40 ? at + stop + 1 : at + after.lastIndexOf(' ')) : text.length;
    return (begin > 0 ? '… ' : '') + text.slice(begin, Math.max(end, at + 1)).trim();
  };

  const address = (place, query) => `${place.page}?q=${encodeURIComponent(query)}${place.anchor ? `#${place.anchor}` : ''}`;
  /* the arrows choose among the results, Enter opens the first one, Escape ends the search */
  const on_key = (event, dialog, input, results, is_plain) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = Array.from(results.querySelectorAll('a'));
    if (event.key === 'Escape') {
      event.preventDefault();   // a box for searching would be emptied first
      dialog.close();
    } else if (by && is_plain(event) && links.length) {
      event.preventDefault();
      const to = links.indexOf(document.activeElement) + by;
      if (to === -2 || to >= links.length) return;
      (to < 0 ? input : links[to]).focus();
    } else if (event.key === 'Enter' && document.activeElement === input && links.length) {
      event.preventDefault();
      links[0].click();
    }
  };

  /* the box that asks, made at its first use; site.js lends what it has */
  const box = ({ make, is_plain, marked, asked }) => {
    const with_marks = (text, words) => marked(text, words).map(([part, is_hit]) => (is_hit ? make('mark', {}, part) : part));
    const input = make('input', { type: 'search', id: 'find-words', autocomplete: 'off', spellcheck: false, value: asked });
    const status = make('p', { className: 'status', role: 'status' });
    const results = make('div', { className: 'results' });
    const close = make('button', { type: 'button', textContent: 'Close' });
    const dialog = make('dialog', { className: 'find', ariaLabel: 'Search' },
      make('div', { className: 'asked' }, make('label', { htmlFor: 'find-words', textContent: 'Search for' }), input, close), status, results);
    const row = (place, query, words) => make('li', {}, make('a', { href: address(place, query) },
      make('b', {}, ...with_marks(place.title, words)), ...(place.on ? [make('span', {}, place.on)] : []),
      make('span', { className: 'said' }, ...with_marks(around(place.text, query.toLowerCase(), words), words))));
    const show = () => {
      const query = input.value.trim();
      const { words, is_part, groups } = find(query);
      const total = groups.reduce((sum, group) => sum + group.total, 0);
      status.textContent = !places.length ? 'This browser is too old for the search: it has no DecompressionStream, as all have had since 2023.'
        : !query ? 'A call, an errno, a message as it was printed: shmget EINVAL, Bus error, /dev/shm.'
        : `${total || 'No'} ${total === 1 ? 'place' : 'places'}${is_part && total ? '; none has all of these words' : ''}.`
          + (total ? ' ↓ and ↑ choose, Enter opens.' : ' Try fewer words, or the call that failed.');
      results.replaceChildren(...groups.map(group => make('section', {},
        make('h2', { textContent: group.total > group.places.length ? `${group.name} (the first ${group.places.length} of ${group.total})` : group.name }),
        make('ul', {}, ...group.places.map(place => row(place, query, words))))));
    };
    input.addEventListener('input', show);
    dialog.addEventListener('keydown', event => on_key(event, dialog, input, results, is_plain));
    results.addEventListener('click', event => { if (event.target.closest('a')) dialog.close(); });
    close.addEventListener('click', () => dialog.close());
    document.body.append(dialog);
    return () => { if (!dialog.open) dialog.showModal(); input.focus(); input.select(); show(); };
  };
  let show_box;
  const open = async tools => {
    await ready.catch(() => {});   // the box says that nothing can be found
    show_box = show_box || box(tools);
    show_box();
  };
  return { load, find, open };
})();
window.shmSearch = shmSearch;
