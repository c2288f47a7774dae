/* Reading aids. Every page works without this file. */
document.addEventListener('DOMContentLoaded', () => {
  'use strict';
  const all = selector => Array.from(document.querySelectorAll(selector));

  /* keys: ← and → lead to the previous and the next page */
  document.addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest && event.target.closest('input, textarea, select, button, [role=button], #nav-tree, .scrolls, .stepper')) return;
    const to = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
    const link = to && document.querySelector(`.prevnext a[rel=${to}]`);
    if (link) location.href = link.href;
  });

  /* the sidebar shows the lessons on every page, once the theme has built it */
  const tree = document.getElementById('nav-tree-contents');
  if (tree) {
    const watch = new MutationObserver(() => {
      const lessons = tree.querySelector('a[href$="lessons.html"]');
      if (!lessons || !tree.querySelector('.selected')) return;
      watch.disconnect();
      const item = lessons.closest('.item');
      const list = item.parentNode.querySelector('ul');
      if (!list || !list.childElementCount || list.style.display === 'none') item.querySelector('a').click();
    });
    watch.observe(tree, { childList: true, subtree: true, attributes: true });
  }

  /* a figure in steps: one at a time */
  all('.stepper').forEach(figure => {
    const steps = Array.from(figure.querySelectorAll('li'));
    const controls = document.createElement('div');
    controls.className = 'controls';
    const button = (name, by) => {
      const made = controls.appendChild(document.createElement('button'));
      made.type = 'button';
      made.textContent = name;
      made.addEventListener('click', () => show(at + by));
      return made;
    };
    const back = button('Back', -1);
    const where = controls.appendChild(document.createElement('span'));
    const next = button('Next', 1);
    let at = 0;
    const show = to => {
      at = Math.min(Math.max(to, 0), steps.length - 1);
      steps.forEach((step, number) => step.classList.toggle('now', number === at));
      where.textContent = `step ${at + 1} of ${steps.length}`;
      back.disabled = at === 0;
      next.disabled = at === steps.length - 1;
    };
    figure.addEventListener('keydown', event => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
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

  /* on paper every answer is open */
  window.addEventListener('beforeprint', () => all('details.answer').forEach(answer => { answer.open = true; }));

  /* what is wider than the page can be scrolled by keyboard */
  const mark = () => all('div.fragment, pre.fragment, .diagram .scroll, .memproto, .markdownTable tbody').forEach(part => {
    const wide = part.scrollWidth > part.clientWidth;
    part.classList.toggle('scrolls', wide);
    if (wide) part.tabIndex = 0; else part.removeAttribute('tabindex');
  });
  mark();
  window.addEventListener('resize', mark);

  /* the switch for dark and light: the theme adds it later, as an element without a role */
  const tools = document.querySelector('.tools');
  if (tools) new MutationObserver((changes, watch) => {
    const button = tools.querySelector('doxygen-awesome-dark-mode-toggle');
    if (!button) return;
    watch.disconnect();
    button.setAttribute('role', 'button');
    button.setAttribute('aria-label', button.title || 'Dark or light');
    button.tabIndex = 0;
    button.addEventListener('keydown', event => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      button.click();
    });
  }).observe(tools, { childList: true });
});
