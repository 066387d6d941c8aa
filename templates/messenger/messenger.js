"use strict";

/* The messenger page: panels of customers, kept in step with the sandbox by one event stream. */
(() => {
  const STORE = "handrail-messenger";
  const THINKING_LIMIT = 60000; // milliseconds that the page believes an answer is on its way
  const board = document.getElementById("board");
  const panels = [];
  let stream = null;
  let saved = read();
  let language = WORDS[saved.language] ? saved.language : (navigator.language || "").startsWith("zh") ? "zh" : "en";

  function read() {
    try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch { return {}; }
  }

  function save() {
    saved = {
      language,
      team: document.body.classList.contains("team"),
      people: panels.map(({ person, id }) => ({ person, id })),
    };
    try { localStorage.setItem(STORE, JSON.stringify(saved)); } catch { /* private windows may refuse */ }
  }

  const word = (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), WORDS[language][key]);

  const initials = (name) => {
    const words = name.trim().split(/\s+/);
    return (words.length > 1 ? words[0][0] + words.at(-1)[0] : name.trim().slice(0, 1)).toUpperCase();
  };

  const clock = (seconds) =>
    new Date(seconds * 1000).toLocaleTimeString(WORDS[language].lang, { hour: "2-digit", minute: "2-digit" });

  async function post(path, body) {
    const answer = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    const value = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error((value.error && value.error.message) || word("failed"));
    return value;
  }

  /* ---- one customer ------------------------------------------------------------------------------------------- */

  function addPanel(person, id = null, focus = false) {
    const root = document.getElementById("panel").content.firstElementChild.cloneNode(true);
    const find = (selector) => root.querySelector(selector);
    const panel = { root, person, id, view: null, asMate: false, waitingSince: 0, find };
    panels.push(panel);
    board.append(root);

    find(".f-name").value = person.name;
    find(".f-email").value = person.email;
    for (const name of ["name", "email", "tier"]) {
      find(`.f-${name}`).addEventListener("input", (event) => {
        person[name] = event.target.value;
        if (name === "name") paintPerson(panel);
        save();
      });
    }
    const log = find(".log");
    let top = 0;
    log.addEventListener("scroll", () => {
      const away = log.scrollHeight - log.scrollTop - log.clientHeight > 80;
      if (!away) panel.reading = false;
      else if (log.scrollTop < top) panel.reading = true;
      top = log.scrollTop;
    });
    const resized = new ResizeObserver(() => { if (panel.id) keepAtEnd(panel); });
    resized.observe(log);
    resized.observe(find(".parts"));
    const box = find("textarea");
    box.addEventListener("input", () => fit(panel));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        submit(panel);
      }
    });
    find(".composer").addEventListener("submit", (event) => { event.preventDefault(); submit(panel); });
    find(".as-customer").addEventListener("click", () => speakAs(panel, false));
    find(".as-teammate").addEventListener("click", () => speakAs(panel, true));
    find(".mate").addEventListener("change", () => paint(panel));
    find(".close").addEventListener("click", () => removePanel(panel));
    const stars = find(".stars");
    for (let number = 1; number <= 5; number += 1) {
      const star = document.createElement("button");
      star.type = "button";
      star.textContent = "★";
      star.addEventListener("click", () => rate(panel, number));
      stars.append(star);
    }
    translate(root);
    paint(panel);
    fit(panel);
    if (focus) {
      root.scrollIntoView({ inline: "center", block: "nearest" });
      box.focus({ preventScroll: true });
    }
    paintEmpty();
    return panel;
  }

  function removePanel(panel) {
    panels.splice(panels.indexOf(panel), 1);
    panel.root.remove();
    paintEmpty();
    save();
    connect();
    document.getElementById("add").focus();
  }

  function fit(panel) {
    const box = panel.find("textarea");
    box.style.height = "auto"; // set through the object model, which the content policy allows
    box.style.height = `${Math.min(box.scrollHeight, 140)}px`;
    panel.find(".send").disabled = !box.value.trim();
  }

  function speakAs(panel, mate) {
    panel.asMate = mate;
    paint(panel);
    panel.find("textarea").focus();
  }

  async function submit(panel, words = null) {
    const box = panel.find("textarea");
    const body = (words ?? box.value).trim();
    if (!body || panel.busy) return;
    panel.busy = true;
    panel.reading = false;
    problem(panel, "");
    try {
      if (panel.asMate && panel.id && words === null) {
        await post(`/teammate/conversations/${panel.id}/replies`, { body, admin_id: panel.find(".mate").value });
      } else if (panel.id) {
        await post(`/messenger/conversations/${panel.id}/replies`, { body });
      } else {
        const { name, email, tier } = panel.person;
        const made = await post("/messenger/conversations", { name, email, body, ...(tier ? { tier } : {}) });
        panel.id = made.id;
        connect();
      }
      if (words === null) { box.value = ""; fit(panel); }
      save();
    } catch (error) {
      problem(panel, error instanceof TypeError ? word("failed") : error.message);
      if (!panel.id) panel.find(".profile").open = true;
    } finally {
      panel.busy = false;
    }
  }

  async function rate(panel, rating) {
    try { await post(`/messenger/conversations/${panel.id}/rating`, { rating }); } catch (error) {
      problem(panel, error instanceof TypeError ? word("failed") : error.message);
    }
  }

  function problem(panel, text) {
    const line = panel.find(".problem");
    line.textContent = text;
    line.hidden = !text;
  }

  /* ---- painting ----------------------------------------------------------------------------------------------- */

  function paintPerson(panel) {
    const { name, email, tier } = panel.person;
    panel.find(".face").textContent = initials(name || "?");
    panel.find(".name").textContent = name || "?";
    panel.find(".detail").textContent = [email, tier ? WORDS[language].tiers[tier] : ""].filter(Boolean).join(" · ");
    panel.find(".hello").textContent = word("hello", { name: name.split(/\s+/)[0] || "?" });
    panel.find(".as-customer").textContent = word("asCustomer", { name: name.split(/\s+/)[0] || "?" });
    panel.find(".log").setAttribute("aria-label", name);
    panel.root.setAttribute("aria-label", name);
  }

  function paint(panel) {
    const { find, view } = panel;
    paintPerson(panel);
    find(".welcome").hidden = Boolean(panel.id);
    if (!panel.id) paintWelcome(panel);
    const mateName = find(".mate").selectedOptions[0].textContent;
    find(".as-teammate").hidden = !panel.id;
    find(".mate").hidden = !panel.asMate;
    find(".as-customer").setAttribute("aria-pressed", String(!panel.asMate));
    find(".as-teammate").setAttribute("aria-pressed", String(panel.asMate));
    find(".composer").classList.toggle("mate-mode", panel.asMate);
    const hint = panel.asMate ? word("writeMate", { name: mateName }) : word("write");
    find("textarea").placeholder = hint;
    find("textarea").setAttribute("aria-label", hint);
    if (!view) return;

    const state = find(".state");
    state.textContent = word({ open: "open", closed: "closedState", snoozed: "snoozedState" }[view.state]);
    state.classList.toggle("off", view.state !== "open");
    paintParts(panel);
    const rating = find(".rating");
    rating.hidden = !view.parts.some((part) => part.author === "bot" || part.author === "teammate");
    find(".rating-text").textContent = view.rating ? word("rated", { n: view.rating }) : word("rate");
    [...find(".stars").children].forEach((star, index) => {
      star.classList.toggle("on", index < (view.rating || 0));
      star.setAttribute("aria-label", word("stars", { n: index + 1 }));
      star.setAttribute("aria-pressed", String(index + 1 === view.rating));
    });
    paintTyping(panel);
    keepAtEnd(panel);
  }

  /* Follow the conversation, unless the reader has scrolled back. */
  function keepAtEnd(panel) {
    const log = panel.find(".log");
    if (!panel.reading) log.scrollTop = log.scrollHeight;
  }

  function paintWelcome(panel) {
    const samples = panel.find(".samples");
    samples.replaceChildren(...WORDS[language].samples.map((text) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => submit(panel, text));
      return button;
    }));
    const select = panel.find(".f-tier");
    select.replaceChildren(...Object.entries(WORDS[language].tiers).map(([value, text]) => new Option(text, value)));
    select.value = panel.person.tier;
  }

  /* Parts are only ever added, so what stands is left alone: a screen reader hears each message once. */
  function paintParts(panel) {
    const list = panel.find(".parts");
    if (list.dataset.language !== language) list.replaceChildren();
    list.dataset.language = language;
    const known = new Set([...list.children].map((item) => item.dataset.id));
    const entries = [...panel.view.parts, ...panel.view.events].sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
    entries.sort((a, b) => Number(b.first || 0) - Number(a.first || 0));
    for (const entry of entries) {
      if (!known.has(entry.id)) list.append(entry.kind ? eventLine(entry) : partItem(entry));
    }
  }

  function partItem(part) {
    const item = document.createElement("li");
    item.className = `part ${part.author}`;
    item.dataset.id = part.id;
    const by = document.createElement("p");
    by.className = "by";
    const who = document.createElement(part.author === "note" ? "span" : "b");
    const isFin = part.author === "bot" && part.name === "Fin";
    who.textContent = part.author === "note" ? word("note", { name: part.name }) : part.name;
    by.append(who);
    const role = { bot: isFin ? "Intercom" : word("botRole"), teammate: word("mateRole") }[part.author];
    by.append([role ? ` · ${role}` : "", ` · ${clock(part.created_at)}`].join(""));
    const text = document.createElement("div");
    text.className = "text";
    text.innerHTML = part.html; // cleaned on the server: a short list of tags, links only to http, https, mailto
    item.append(by, text);
    return item;
  }

  function eventLine(event) {
    const item = document.createElement("li");
    item.className = "event inner";
    item.dataset.id = event.id;
    const key = { assignment: event.to ? "assigned" : "unassigned", close: "closed", open: "opened", snoozed: "snoozed" }[event.kind];
    if (event.kind === "close") item.classList.remove("inner");
    item.textContent = key ? word(key, { by: event.by, to: event.to }) : event.kind;
    return item;
  }

  function paintTyping(panel) {
    const said = panel.view.parts.filter((part) => part.author !== "note");
    const last = said.at(-1);
    const personIsIn = said.some((part) => part.author === "teammate");
    const age = Date.now() - last.created_at * 1000;
    const thinking = last.author === "customer" && !personIsIn && panel.view.state === "open" && age < THINKING_LIMIT;
    panel.find(".typing").hidden = !thinking;
    panel.find(".typing-text").textContent = thinking ? word("typing") : "";
    clearTimeout(panel.timer);
    if (thinking) panel.timer = setTimeout(() => paintTyping(panel), THINKING_LIMIT - age + 100);
  }

  function paintEmpty() {
    board.querySelector(".none")?.remove();
    if (panels.length) return;
    const line = document.createElement("p");
    line.className = "none";
    line.textContent = word("empty");
    board.append(line);
  }

  function translate(root) {
    for (const element of root.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
    for (const element of root.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", word(element.dataset.label));
      element.title = word(element.dataset.label);
    }
  }

  function speak(wanted) {
    language = wanted;
    document.documentElement.lang = WORDS[language].lang;
    document.title = word("page");
    translate(document);
    const button = document.getElementById("language");
    button.textContent = word("other");
    button.lang = word("otherLang");
    panels.forEach((panel) => { translate(panel.root); paint(panel); });
    paintEmpty();
    live(document.getElementById("link").classList.contains("live"));
    save();
  }

  /* ---- the stream --------------------------------------------------------------------------------------------- */

  function live(is) {
    document.getElementById("link").classList.toggle("live", is);
    document.getElementById("link-text").textContent = word(is ? "connected" : "reconnecting");
  }

  function connect() {
    stream?.close();
    const ids = panels.map((panel) => panel.id).filter(Boolean);
    stream = new EventSource(`/messenger/events?${ids.map((id) => `conversation=${encodeURIComponent(id)}`).join("&")}`);
    stream.addEventListener("open", () => live(true));
    stream.addEventListener("error", () => live(false));
    stream.addEventListener("conversation", (event) => {
      const view = JSON.parse(event.data);
      const panel = panels.find((each) => each.id === view.id);
      if (!panel) return;
      if (view.gone) { problem(panel, word("gone")); return; }
      if (panel.view && panel.view.revision > view.revision) return;
      view.parts[0].first = 1;
      panel.view = view;
      paint(panel);
    });
  }

  function nextPerson() {
    const used = new Set(panels.map((panel) => panel.person.email));
    const people = WORDS[language].people;
    const [name, email, tier] = people.find(([, address]) => !used.has(address)) || people[panels.length % people.length];
    const number = Math.floor(performance.now() + Math.random() * 1e6).toString(36);
    return { name, tier, email: used.has(email) ? email.replace("@", `+${number}@`) : email };
  }

  document.getElementById("add").addEventListener("click", () => { addPanel(nextPerson(), null, true); save(); });
  document.getElementById("language").addEventListener("click", () => speak(language === "en" ? "zh" : "en"));
  const teamSide = document.getElementById("team-side");
  teamSide.addEventListener("change", () => { document.body.classList.toggle("team", teamSide.checked); panels.forEach(keepAtEnd); save(); });

  teamSide.checked = Boolean(saved.team);
  document.body.classList.toggle("team", teamSide.checked);
  const people = Array.isArray(saved.people) ? saved.people : null;
  if (people) people.forEach(({ person, id }) => addPanel(person, id));
  if (!people || !people.length) addPanel(nextPerson(), null, true);
  speak(language);
  connect();
})();
