// Words of the page in the person's language, and small things that every part of the desk needs.
"use strict";
window.desk = (() => {
  const words = document.getElementById("words").dataset;
  const token = document.querySelector("#token [name=csrfmiddlewaretoken]").value;
  const toasts = document.getElementById("toasts");
  const say = (text, { bad = false, seconds = 6, button = null, link = null } = {}) => {
    const toast = document.createElement("div");
    toast.className = bad ? "toast bad" : "toast";
    toast.append(Object.assign(document.createElement("span"), { textContent: text, className: "grow" }));
    if (link) toast.append(Object.assign(document.createElement("a"), { href: link, textContent: "→", ariaLabel: text }));
    if (button) {
      const press = Object.assign(document.createElement("button"), { type: "button", textContent: button.label });
      press.addEventListener("click", () => { toast.remove(); button.press(); });
      toast.append(press);
    }
    toasts.append(toast);
    window.setTimeout(() => toast.remove(), seconds * 1000);
    return toast;
  };
  // Sends a form; the answer is what the server says, or an error with its words.
  const post = async (address, fields = {}) => {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) for (const one of Array.isArray(value) ? value : [value]) body.append(name, one);
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token }, redirect: "manual" });
    } catch {
      throw Object.assign(new Error(words.failed), { code: "lost" });
    }
    // A redirect leads to the sign-in; a refusal that is no answer of ours is for a token of an earlier session.
    const signedOut = answer.type === "opaqueredirect" || answer.status === 403;
    const told = await answer.json().catch(() => ({ code: "failed", error: signedOut ? words.signedOut : words.failed }));
    if (!answer.ok) throw Object.assign(new Error(told.error || words.failed), { code: told.code });
    return told;
  };
  // Puts what an address answers in the place of an element; of several for one place the last counts. False: it came too late.
  const latest = new Map();
  const swap = async (address, selector, { outer = false } = {}) => {
    const turn = (latest.get(selector) ?? 0) + 1;
    latest.set(selector, turn);
    const answer = await fetch(address).catch(() => null);
    if (answer?.redirected) { window.location.reload(); return false; } // signed out meanwhile
    if (!answer?.ok) { say(words.failed, { bad: true }); return false; }
    const made = document.createElement("template");
    made.innerHTML = await answer.text();
    const place = document.querySelector(selector);
    if (latest.get(selector) !== turn || !place) return false;
    if (outer) place.replaceWith(made.content); else place.replaceChildren(made.content);
    window.htmx.process(document.querySelector(selector));
    return true;
  };
  const theme = document.getElementById("theme");
  try { const kept = localStorage.getItem("desk-theme"); if (kept) document.documentElement.dataset.theme = kept; } catch { /* no storage: the system's theme */ }
  theme.addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("desk-theme", document.documentElement.dataset.theme); } catch { /* for this page only */ }
  });
  document.getElementById("language").addEventListener("change", (event) => event.target.form.submit());
  return { words, say, post, swap, user: Number(document.body.dataset.user), undoSeconds: Number(document.body.dataset.undoSeconds), claimSeconds: Number(document.body.dataset.claimSeconds), mayDecide: Boolean(document.body.dataset.mayDecide) };
})();
