// The list: rows that come, change and go by themselves; opening one; choosing several; watching.
"use strict";
(() => {
  const { words, say, post, swap } = window.desk;
  const rows = () => document.getElementById("rows");
  const row = (item) => document.querySelector(`.row[data-item="${item}"]`);
  const isQueue = () => !document.getElementById("queue").dataset.watch;
  const filters = () => Object.fromEntries(new FormData(document.getElementById("filters")));
  const PAGE_ITEMS = 50;

  const span = (minutes) => {
    const size = Math.abs(minutes);
    if (size < 60) return `${size} ${words.minutes}`;
    if (size < 48 * 60) return `${Math.round(size / 60)} ${words.hours}`;
    return `${Math.round(size / 1440)} ${words.days}`;
  };
  const clock = () => {
    for (const place of document.querySelectorAll(".left")) {
      const due = place.dataset.due ? Date.parse(place.dataset.due) : NaN, since = Date.parse(place.dataset.since);
      if (!Number.isNaN(due)) {
        const minutes = Math.floor((due - Date.now()) / 60000);
        place.textContent = minutes < 0 ? `${words.late} ${span(minutes)}` : span(minutes);
        place.classList.toggle("late", minutes < 0);
      } else if (!Number.isNaN(since)) place.textContent = span(Math.floor((Date.now() - since) / 60000));
    }
  };
  const fits = (told) => {
    const wanted = filters(), now = Date.now();
    if (told.status !== "waiting") return false;
    const asleep = told.snoozed_until && Date.parse(told.snoozed_until) > now;
    if ((wanted.who === "asleep") !== Boolean(asleep)) return false;
    if (wanted.queue && Number(wanted.queue) !== told.queue) return false;
    if (wanted.reason && wanted.reason !== told.reason_class) return false;
    if (wanted.language && !told.language.startsWith(wanted.language)) return false;
    if (wanted.who === "mine" && told.assigned_to !== window.desk.user && told.holder?.id !== window.desk.user) return false;
    if (wanted.who === "free" && ((told.holder && told.holder.id !== window.desk.user) || (told.assigned_to && told.assigned_to !== window.desk.user))) return false;
    if (wanted.who === "late" && !(told.due_at && Date.parse(told.due_at) < now)) return false;
    const search = (wanted.search || "").toLowerCase();
    return !search || `${told.customer} ${told.question}`.toLowerCase().includes(search);
  };
  const fill = (element, told) => {
    element.dataset.item = told.id;
    element.querySelector("a.card").href = `/desk/drafts/${told.id}/`;
    const put = (name, text) => { element.querySelector(`.${name}`).textContent = text; };
    put("customer", told.customer); put("question", told.question);
    put("reason", document.getElementById("words").getAttribute(`data-reason-${told.reason_class}`) ?? told.reason_class);
    put("confidence", told.has_draft ? `${Math.round(told.confidence * 100)} %` : "");
    put("language", told.language); put("holder", told.holder ? told.holder.name : "");
    Object.assign(element.querySelector(".left").dataset, { due: told.due_at ?? "", since: told.created_at });
  };
  const made = (told) => {
    const element = document.getElementById("row-template").content.firstElementChild.cloneNode(true);
    fill(element, told);
    return element;
  };
  const emptied = () => {
    const isEmpty = !rows().children.length;
    if (isEmpty && !document.getElementById("empty")) refresh();
    document.getElementById("empty")?.toggleAttribute("hidden", !isEmpty);
  };
  // One row changed, came or went.
  const changed = (told) => {
    if (!isQueue()) return;
    const there = row(told.id), older = told.replaces && row(told.replaces);
    if (!fits(told)) { if (there && !there.classList.contains("open")) there.remove(); else if (there) there.classList.add("settled"); emptied(); return; }
    if (there) fill(there, told);
    else if (older) { const fresh = made(told); fresh.classList.toggle("open", older.classList.contains("open")); older.replaceWith(fresh); }
    else if (!document.getElementById("queue").dataset.more && rows().children.length < PAGE_ITEMS) {
      const fresh = made(told);
      fresh.classList.add("fresh");
      rows().append(fresh);
      window.setTimeout(() => fresh.classList.remove("fresh"), 1500);
    }
    emptied(); clock(); countSoon();
  };
  const gone = (item) => { row(item)?.remove(); if (isQueue()) emptied(); countSoon(); };
  let counting = 0;
  const countSoon = () => {
    if (counting) return;
    counting = window.setTimeout(async () => {
      counting = 0;
      try {
        const told = await (await fetch("/desk/items/counts/")).json();
        for (const option of document.querySelectorAll("#filter-queue option[data-name]")) option.textContent = `${option.dataset.name} (${told.queues[option.value]?.waiting ?? 0})`;
        const total = document.getElementById("total");
        if (total && !document.getElementById("queue").dataset.narrowed) { total.textContent = told.total; total.hidden = !told.count; }
      } catch { /* the next change asks again */ }
    }, 2000 + Math.random() * 3000);
  };
  let refreshing = null;
  const refresh = () => {
    if (refreshing) return refreshing;
    const query = new URLSearchParams(filters());
    if (document.getElementById("queue").dataset.page > 1) query.set("page", document.getElementById("queue").dataset.page);
    refreshing = swap(isQueue() ? `/desk/items/?${query}` : "/desk/watch/", "#queue", { outer: true }).then(listed).finally(() => { refreshing = null; });
    return refreshing;
  };

  const shownItem = () => document.getElementById("draft")?.dataset.item ?? "";
  const mark = () => {
    const conversation = document.querySelector("#draft")?.dataset.watched;
    for (const one of document.querySelectorAll("#rows .row")) {
      const open = shownItem() ? one.dataset.item === shownItem() : Boolean(conversation) && one.dataset.conversation === conversation;
      one.classList.toggle("open", open);
      const card = one.querySelector("a.card");
      if (open) card.setAttribute("aria-current", "true"); else card.removeAttribute("aria-current");
    }
    for (const one of document.querySelectorAll("#rows .settled:not(.open)")) one.remove();
  };
  const load = async (address, path, { push = true } = {}) => {
    if (!(await swap(address, "#work"))) return;
    if (push && window.location.pathname !== path) window.history.pushState({}, "", path);
    document.body.classList.add("has-work");
    opened();
  };
  const opened = () => {
    mark();
    window.desk.restore();
    const thread = document.getElementById("thread");
    if (thread) thread.scrollTop = thread.scrollHeight;
    document.dispatchEvent(new CustomEvent("desk:opened"));
  };
  const open = (item, options) => load(`/desk/items/${item}/`, `/desk/drafts/${item}/`, options);
  const watch = (conversation) => load(`/desk/conversations/${conversation}/`, "/desk/");
  const close = () => {
    document.getElementById("work").replaceChildren();
    document.body.classList.remove("has-work");
    window.history.pushState({}, "", "/desk/");
    mark();
    document.dispatchEvent(new CustomEvent("desk:opened"));
  };
  // The row after (or before) the one that is open or focused.
  const neighbour = (step) => {
    const all = [...document.querySelectorAll("#rows .row")];
    const at = all.findIndex((one) => one.contains(document.activeElement) || one.classList.contains("open"));
    return all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step] ?? null;
  };
  const next = () => {
    const after = neighbour(1) ?? neighbour(-1);
    return after?.dataset.item && after.dataset.item !== shownItem() ? open(after.dataset.item) : close();
  };

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const card = event.target.closest("#rows a.card");
    if (card) {
      event.preventDefault();
      const one = card.closest(".row");
      if (one.dataset.item) open(one.dataset.item); else watch(one.dataset.conversation);
    } else if (event.target.closest("[data-back]")) close();
    else if (event.target.id === "bulk-none") choose([]);
  });
  window.addEventListener("popstate", () => {
    const found = window.location.pathname.match(/\/desk\/drafts\/(\d+)\//);
    if (found) open(found[1], { push: false }); else { document.getElementById("work").replaceChildren(); document.body.classList.remove("has-work"); mark(); }
  });
  // Whoever walks the list with the keyboard stays on the row when the list is read again.
  let walked = "";
  document.addEventListener("focusin", (event) => { walked = event.target.closest?.("#rows .row")?.dataset.item ?? ""; });
  const listed = () => {
    clock(); mark(); chosenChanged();
    if (walked && document.activeElement === document.body) row(walked)?.querySelector("a.card").focus({ preventScroll: true });
  };
  document.body.addEventListener("htmx:afterSwap", listed); // filters and pages
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("filters").addEventListener("change", () => tab("queue", { load: false }));

  const tab = (name, { load: now = true } = {}) => {
    document.getElementById("tab-queue").setAttribute("aria-pressed", String(name === "queue"));
    document.getElementById("tab-watch").setAttribute("aria-pressed", String(name === "watch"));
    document.getElementById("bulk").hidden = true;
    if (!now) return;
    const query = new URLSearchParams(filters());
    swap(name === "watch" ? "/desk/watch/" : `/desk/items/?${query}`, "#queue", { outer: true }).then(listed);
  };
  document.getElementById("tab-queue").addEventListener("click", () => tab("queue"));
  document.getElementById("tab-watch").addEventListener("click", () => tab("watch"));
  window.setInterval(() => { if (!isQueue() && !document.hidden) refresh(); }, 10000);

  // Several at once.
  const chosen = () => [...document.querySelectorAll(".pick:checked")].map((box) => box.closest(".row").dataset.item);
  const choose = (items) => { for (const box of document.querySelectorAll(".pick")) box.checked = items.includes(box.closest(".row").dataset.item); chosenChanged(); };
  const chosenChanged = () => {
    const count = chosen().length;
    document.getElementById("bulk").hidden = !count || !window.desk.mayDecide;
    document.getElementById("bulk-count").textContent = `${count} ${words.chosen}`;
  };
  document.addEventListener("change", async (event) => {
    if (event.target.classList.contains("pick")) chosenChanged();
    if (event.target.id === "bulk-queue" && event.target.value) { await many("move", { queue: event.target.value }); event.target.value = ""; }
  });
  document.getElementById("bulk").addEventListener("click", (event) => { const pressed = event.target.closest("[data-bulk]"); if (pressed) many(pressed.dataset.bulk, { minutes: pressed.dataset.minutes }); });
  const many = async (verb, fields) => {
    try {
      const told = await post(`/desk/items/many/${verb}/`, { ...fields, item: chosen() });
      say(told.refused.length ? `${told.done.length} · ${told.refused[0][1]}` : `${words.done} (${told.done.length})`, { bad: told.refused.length > 0 });
      choose([]);
      refresh();
    } catch (error) { say(error.message, { bad: true }); }
  };

  Object.assign(window.desk, { changed, gone, refresh, open, watch, close, next, neighbour, tab, row, shownItem, opened });
  window.setInterval(clock, 20000);
  clock();
  window.addEventListener("load", opened);
})();
