// Everything by keyboard. Single letters count only outside text; Escape leaves the text.
"use strict";
(() => {
  const desk = window.desk;
  const byId = (name) => document.getElementById(name);
  const isTyping = (element) => element?.matches?.("textarea, input:not([type=checkbox]), select");
  const walk = (step) => {
    const row = desk.neighbour(step);
    if (!row) return;
    const card = row.querySelector("a.card");
    card.focus();
    card.scrollIntoView({ block: "nearest" });
    if (byId("draft") && row.dataset.item && window.innerWidth > 760) desk.open(row.dataset.item).then(() => card.isConnected && card.focus());
  };
  const keys = {
    j: () => walk(1), k: () => walk(-1), ArrowDown: () => walk(1), ArrowUp: () => walk(-1),
    e: () => byId("answer")?.focus(), u: () => desk.undo(), "/": () => byId("search").focus(), "?": () => desk.press("#help-open"),
    r: () => desk.press("[data-dialog=reject]"), a: () => desk.press("[data-verb=ask]"), p: () => desk.press("[data-dialog=pass]"), z: () => desk.press("[data-dialog=snooze]"),
    n: () => desk.press("[data-dialog=note]"), m: () => desk.press("[data-dialog=macros]:not([hidden])"), g: () => desk.press("#tab-queue"), w: () => desk.press("#tab-watch"),
    t: () => desk.press("[data-verb=take-over], [data-step=take-over]"), b: () => desk.press("[data-verb=give-back], [data-step=give-back]"),
    l: () => desk.press("[data-translate]"), i: () => desk.press("[data-verb=translate-answer]"),
    x: () => document.activeElement?.closest?.(".row")?.querySelector(".pick")?.click() ?? document.querySelector(".row.open .pick")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const send = document.querySelector("#editor [value=approve]");
      if (send) { event.preventDefault(); send.form.requestSubmit(send); }
      return;
    }
    if (event.key === "Escape") {
      if (isTyping(document.activeElement)) document.activeElement.blur();
      else if (document.body.classList.contains("has-work")) desk.close();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key.startsWith("Arrow") && !document.activeElement?.closest?.("#rows")) return;
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
  });
})();
