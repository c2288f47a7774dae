/* Reading aids. Every page works without this file. */
document.addEventListener('DOMContentLoaded', () => {
  'use strict';
  const all = selector => Array.from(document.querySelectorAll(selector));

  /* keys: ← and → lead to the previous and the next page */
  document.addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest && event.target.closest('input, textarea, select, button, [role=button], #nav-tree, .scrolls')) return;
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
