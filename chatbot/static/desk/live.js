// News by WebSocket: what changes on the desk, who types, and a draft as the bot writes it. Comes back by itself.
"use strict";
(() => {
  const { words, say } = window.desk;
  const link = document.getElementById("link");
  const base = `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}`;
  let socket = null, pause = 1000, wasLost = false, typingTimer = 0, typedAt = 0;
  const send = (message) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };
  const conversation = () => Number(document.getElementById("conversation")?.dataset.conversation ?? 0);
  const item = () => Number(window.desk.shownItem() || 0);

  const look = () => {
    send({ type: "look", conversation: conversation(), item: item() });
    if (item() && isMine) send({ type: "stay" });
    follow();
  };
  let isMine = false;
  const stay = () => { isMine = true; send({ type: "stay" }); };
  window.setInterval(() => { if (item() && isMine && !document.hidden) send({ type: "stay" }); }, window.desk.claimSeconds * 1000 / 3);

  const hold = (holder) => {
    const held = document.getElementById("held");
    if (!held) return;
    const other = holder && holder.id !== window.desk.user ? holder.name : "";
    held.hidden = !other;
    held.textContent = other ? `${other} ${words.working}` : "";
  };
  const note = (text) => { const place = document.getElementById("changed"); if (place) { place.textContent = text; place.hidden = !text; } };

  // The item that is open was decided elsewhere, or a newer one took its place: what was typed goes along.
  const changed = (told) => {
    if (told.replaces && told.replaces === item() && told.status === "waiting") {
      const box = document.getElementById("answer"), original = document.getElementById("original");
      const typed = box && original && box.value !== original.value ? box.value : null;
      window.desk.carryTyped(told.replaces, told.id, typed);
      window.desk.changed(told);
      window.desk.open(told.id).then(() => note(words.replaced));
      return;
    }
    window.desk.changed(told);
    if (told.id !== item()) return;
    hold(told.holder);
    const pane = document.getElementById("draft");
    if (told.status !== "waiting" && pane.dataset.status === "waiting" && !window.desk.acting) {
      pane.dataset.status = told.status;
      note(words.gone);
      for (const button of pane.querySelectorAll("#editor button")) button.disabled = true;
    } else if (told.status === "waiting" && pane.dataset.status !== "waiting") window.desk.open(told.id, { push: false });
  };

  let threadTimer = 0;
  const reread = (which) => {
    if (which !== conversation() || threadTimer) return;
    threadTimer = window.setTimeout(async () => {
      threadTimer = 0;
      const shown = document.getElementById("thread");
      if (!shown || which !== conversation()) return;
      const before = shown.querySelectorAll(".part.customer").length, atEnd = shown.scrollHeight - shown.scrollTop - shown.clientHeight < 80;
      rereadDraft();
      if (!(await window.desk.swap(`/desk/conversations/${which}/thread/`, "#thread", { outer: true }))) return;
      const fresh = document.getElementById("thread");
      if (atEnd) fresh.scrollTop = fresh.scrollHeight;
      if (fresh.querySelectorAll(".part.customer").length > before) note(words.said);
    }, 250);
  };

  // The draft in the reader's language, where one is on its way, or was switched on or off.
  const rereadDraft = (always = false) => {
    const place = document.getElementById("draft-translation");
    if (place && (always || place.dataset.waiting)) window.desk.swap(`/desk/items/${item()}/translation/`, "#draft-translation", { outer: true });
  };
  window.desk.reread = () => { rereadDraft(true); reread(conversation()); };

  const listen = () => {
    socket = new WebSocket(`${base}/ws/desk/`);
    socket.onopen = () => {
      pause = 1000;
      link.textContent = words.live;
      link.classList.add("live");
      look();
      if (wasLost) { window.desk.refresh(); if (item()) check(); }
      wasLost = false;
    };
    socket.onmessage = (event) => {
      const told = JSON.parse(event.data);
      if (told.type === "item") changed(told.row);
      else if (told.type === "again") readAnew();
      else if (told.type === "gone") window.desk.gone(told.item);
      else if (told.type === "conversation") reread(told.conversation);
      else if (told.type === "stay" && told.item === item()) isMine = told.held && isMine;
      else if (told.type === "typing") {
        const place = document.getElementById("typing");
        if (!place) return;
        place.textContent = `${told.name} ${words.typing}`;
        window.clearTimeout(typingTimer);
        typingTimer = window.setTimeout(() => { place.textContent = ""; }, 4000);
      }
    };
    socket.onclose = () => {
      wasLost = true;
      link.textContent = words.lost;
      link.classList.remove("live");
      window.setTimeout(listen, pause * (0.8 + 0.4 * Math.random()));
      pause = Math.min(pause * 2, 30000);
    };
  };
  // The server lost news; every page is told at once, so each waits a moment of its own.
  let anewTimer = 0;
  const readAnew = () => {
    if (anewTimer) return;
    anewTimer = window.setTimeout(() => { anewTimer = 0; window.desk.refresh(); if (item()) check(); reread(conversation()); }, Math.random() * 2000);
  };
  // After a lost connection: does the open item still wait?
  const check = async () => {
    const which = item();
    const answer = await fetch(`/desk/items/${which}/`).catch(() => null);
    if (!answer?.ok || which !== item()) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const pane = fresh.getElementById("draft"), thread = fresh.getElementById("thread");
    if (thread) document.getElementById("thread")?.replaceWith(thread);
    if (pane && pane.dataset.status !== document.getElementById("draft").dataset.status) {
      const newer = fresh.querySelector("#draft a[href^='/desk/drafts/']");
      note(newer ? words.replaced : words.gone);
      if (newer) { const box = document.getElementById("answer"); const to = newer.getAttribute("href").match(/\d+/)[0]; window.desk.carryTyped(which, Number(to), box?.value ?? null); window.desk.open(to).then(() => note(words.replaced)); }
    }
  };

  // The bot's draft while it is written.
  let writer = null, written = 0;
  const follow = () => {
    if (written === conversation()) return;
    // One that is still being opened is closed once it is open: else the browser takes it for a failure.
    const before = writer;
    if (before?.readyState === WebSocket.CONNECTING) before.onopen = () => before.close(); else before?.close();
    writer = null;
    written = conversation();
    if (!written) return;
    const mine = writer = new WebSocket(`${base}/ws/drafts/${written}/`);
    let text = "";
    const show = (visible) => { const place = document.getElementById("writing"); if (place) { place.hidden = !visible; document.getElementById("writing-words").textContent = text; } };
    mine.onmessage = (event) => {
      if (mine !== writer) return;
      const told = JSON.parse(event.data);
      if (told.type === "draft.piece") { text = told.at === 0 ? told.text : [...text].slice(0, told.at).join("") + told.text; show(true); }
      else { text = ""; show(false); }
    };
    mine.onclose = () => { if (mine === writer) { show(false); written = 0; window.setTimeout(() => { if (!writer || writer === mine) follow(); }, 5000); } };
  };

  window.desk.typing = () => {
    if (!isMine) stay();
    if (Date.now() - typedAt > 2000) { typedAt = Date.now(); send({ type: "typing" }); }
  };
  document.addEventListener("desk:opened", () => { isMine = false; look(); });
  window.desk.note = note;
  listen();
  window.setInterval(() => { if (!document.hidden && socket?.readyState !== WebSocket.OPEN) window.desk.refresh(); }, 30000);
})();
