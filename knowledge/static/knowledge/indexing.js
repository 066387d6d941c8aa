"use strict";
// Keeps the words about each article's indexing true while the page is open; asks only while something is under way.
(() => {
  const PAUSE = 1500; // milliseconds between two questions
  const LIVE = '.index-state:is([data-state="waiting"], [data-state="working"], [data-state="failed"])';

  async function look() {
    const waiting = [...document.querySelectorAll(LIVE)];
    if (!waiting.length) return;
    if (!document.hidden) {
      const ids = waiting.map((one) => one.dataset.article).join(",");
      try {
        const answer = await fetch(`${waiting[0].dataset.address}?ids=${ids}`);
        const states = answer.ok ? await answer.json() : {};
        for (const one of waiting) {
          const state = states[one.dataset.article];
          if (state) { one.dataset.state = state.state; one.textContent = state.label; }
        }
      } catch { /* the next look will tell */ }
    }
    setTimeout(look, PAUSE);
  }

  document.addEventListener("DOMContentLoaded", () => setTimeout(look, PAUSE));
})();
