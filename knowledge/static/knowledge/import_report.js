"use strict";
// Keeps the report of a running import true while the page is open.
(() => {
  const PAUSE = 1200; // milliseconds between two looks
  async function look() {
    const page = document.getElementById("import-report");
    if (!page || !page.dataset.open) return;
    if (!document.hidden && !page.contains(document.activeElement)) {
      try {
        const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "fetch" } });
        const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("import-report");
        if (fresh) page.replaceWith(fresh);
      } catch { /* the next look will tell */ }
    }
    setTimeout(look, PAUSE);
  }
  setTimeout(look, PAUSE);
})();
