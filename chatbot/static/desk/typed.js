// Nothing typed is lost: kept in this browser at once, and on the server a moment later.
"use strict";
(() => {
  const { words, post, user } = window.desk;
  const SERVER_MILLISECONDS = 1200;
  const key = (item) => `desk-text:${user}:${item}`;
  const read = (item) => { try { return JSON.parse(localStorage.getItem(key(item))); } catch { return null; } };
  const write = (item, kept) => { try { localStorage.setItem(key(item), JSON.stringify(kept)); return true; } catch { return false; } };
  const forget = (item) => { try { localStorage.removeItem(key(item)); } catch { /* nothing was kept */ } };
  let timer = 0;
  const shown = () => document.getElementById("draft");
  const status = (text) => { const place = document.getElementById("saved"); if (place) place.textContent = text; };
  const save = async (item, text) => {
    try {
      await post(`/desk/items/${item}/type/`, { answer: text });
      if (String(item) === shown()?.dataset.item) status(words.saved);
    } catch (error) {
      if (String(item) === shown()?.dataset.item) status(words.kept);
      if (error.code === "lost") window.setTimeout(() => { if (read(item)?.text === text) save(item, text); }, 5000);
    }
  };
  document.addEventListener("input", (event) => {
    if (event.target.id !== "answer" || event.target.readOnly) return;
    const item = shown().dataset.item;
    write(item, { text: event.target.value, mark: shown().dataset.mark, at: Date.now() });
    status(words.saving);
    window.clearTimeout(timer);
    const text = event.target.value;
    timer = window.setTimeout(() => save(item, text), SERVER_MILLISECONDS);
    window.desk.typing?.();
  });
  // What this browser kept is newer than what the server knows, unless the server has nothing else.
  const restore = () => {
    const pane = shown(), box = document.getElementById("answer");
    if (!pane || !box || box.readOnly) return;
    const kept = read(pane.dataset.item);
    if (kept && kept.text !== box.value && Date.now() - kept.at < 7 * 86400000) { box.value = kept.text; status(words.kept); }
  };
  // A newer item took this one's place: what was typed goes along, beside the new draft.
  const carry = (from, to, text) => { if (text !== null) write(to, { text, mark: "", at: Date.now() }); forget(from); };
  for (const storage of [Object.keys(window.localStorage ?? {})]) for (const name of storage) {
    if (!name.startsWith("desk-text:")) continue;
    try { if (Date.now() - JSON.parse(localStorage.getItem(name)).at > 14 * 86400000) localStorage.removeItem(name); } catch { localStorage.removeItem(name); }
  }
  Object.assign(window.desk, { restore, forgetTyped: forget, carryTyped: carry });
  restore();
})();
