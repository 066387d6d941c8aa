// What people do: send, reject, ask, take over, pass on, later, note, undo, mark as wrong, teach.
"use strict";
(() => {
  const desk = window.desk;
  const { words, say, post } = desk;
  const dialog = (name) => document.getElementById(`dialog-${name}`);
  const byId = (name) => document.getElementById(name);
  let last = 0; // the item that may still be undone

  const problem = (text) => { const place = byId("problem"); if (place) { place.textContent = text; place.hidden = !text; } else if (text) say(text, { bad: true }); };
  // One act at a time: until it is over, with the page that follows it, nothing else is sent and nothing typed can go astray.
  const hold = () => {
    const held = [...document.querySelectorAll("#editor button:not(:disabled)")], box = byId("answer"), isOpen = box && !box.readOnly;
    desk.acting = true;
    for (const button of held) button.disabled = true;
    if (isOpen) box.readOnly = true;
    return () => {
      desk.acting = false;
      for (const button of held) button.disabled = false;
      if (isOpen) box.readOnly = false;
    };
  };
  const guarded = async (work) => {
    if (desk.acting) return null;
    const release = hold();
    try { return await work(); } catch (error) {
      if (error.code === "sensitive") byId("all-the-same")?.removeAttribute("hidden");
      if (["sensitive", "invalid", "lost", "failed"].includes(error.code)) problem(error.message); else say(error.message, { bad: true });
      if (error.code === "decided" || error.code === "state") desk.note(error.message);
      return null;
    } finally {
      release();
    }
  };
  let following = Promise.resolve(); // the page that comes after a decision
  const undo = async () => {
    if (!last) return;
    const item = last;
    last = 0;
    await following;
    await guarded(async () => { await post(`/desk/items/${item}/undo/`); say(words.undone); await desk.open(item); });
    byId("answer")?.focus();
  };
  const sent = (item, told, text) => {
    desk.forgetTyped(item);
    if (!told.undo_seconds) { say(text); return; }
    last = Number(item);
    const toast = say(text, { seconds: told.undo_seconds, button: { label: `${words.undo} (U)`, press: undo } });
    window.setTimeout(() => { if (last === Number(item)) last = 0; toast.remove(); }, told.undo_seconds * 1000);
  };
  // A verb that decides the open item, after which the next one comes.
  const decide = (verb, fields, text = words.sent) => {
    following = guarded(async () => {
      const item = desk.shownItem(), typed = byId("answer")?.value ?? "", original = byId("original")?.value ?? "";
      const told = await post(`/desk/items/${item}/${verb}/`, fields);
      sent(item, told, text);
      if (told.undo_seconds && typed !== original) keepForUndo(item, typed);
      const there = desk.row(item), next = desk.next();
      there?.remove();
      await next;
    });
    return following;
  };
  // An undone answer comes back as it was typed.
  const keepForUndo = (item, text) => desk.carryTyped(0, item, text);

  const verbs = {
    approve: () => decide("approve", { answer: byId("answer").value }),
    approve_warned: () => decide("approve", { answer: byId("answer").value, is_warned: "1" }),
    ask: () => decide("ask", { answer: byId("answer").value }),
    "give-back": () => decide("give-back", {}, words.done),
    "take-over": () => guarded(async () => {
      const item = desk.shownItem(), typed = byId("answer")?.value ?? "", original = byId("original")?.value ?? "";
      const told = await post(`/desk/items/${item}/take-over/`);
      if (typed && typed !== original) desk.carryTyped(item, told.item, typed);
      desk.row(item)?.remove();
      await desk.open(told.item);
      byId("answer")?.focus();
    }),
    // The translation takes the place of what was typed, which one press brings back.
    "translate-answer": (button) => guarded(async () => {
      const item = desk.shownItem(), typed = byId("answer").value;
      problem("");
      button.setAttribute("aria-busy", "true");
      try {
        const told = await post(`/desk/items/${item}/translate-answer/`, { answer: typed });
        if (desk.shownItem() !== item) return;
        replace(told.text);
        say(words.translated, { seconds: 15, button: { label: words.asWritten, press: () => { if (desk.shownItem() === item) replace(typed); } } });
      } finally { button.removeAttribute("aria-busy"); }
    }),
    judge: (button) => guarded(async () => {
      await post(`/desk/items/${desk.shownItem()}/judge/`, { kind: button.dataset.kind });
      for (const one of document.querySelectorAll("[data-verb=judge]")) one.setAttribute("aria-pressed", String(one === button));
    }),
  };
  for (const name of ["teach-answer", "teach-article", "teach-exemplar", "teach-example"]) verbs[name] = (button) => guarded(async () => {
    const told = await post(`/desk/items/${desk.shownItem()}/${name}/`);
    say(told.label, { link: told.link, seconds: 10 });
    button.disabled = true;
  });
  const step = (verb) => guarded(async () => {
    const conversation = byId("draft").dataset.watched;
    const told = await post(`/desk/conversations/${conversation}/${verb}/`);
    if (told.item) { desk.tab("queue"); await desk.open(told.item); byId("answer")?.focus(); } else { say(words.done); await desk.watch(conversation); }
  });

  // Dialogs: filled when they open, acted upon when they close with "go".
  const ask = (name, onGo) => {
    const box = dialog(name);
    box.returnValue = "";
    box.showModal();
    box.onclose = () => { if (box.returnValue === "go") onGo(box); };
  };
  const options = (select, from) => {
    select.replaceChildren(new Option("–", ""));
    for (const one of byId(from)?.children ?? []) select.append(new Option(one.textContent, one.dataset.id));
  };
  const choices = (place, list, pick) => {
    place.replaceChildren();
    for (const [label, detail, value] of list) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      if (detail) button.append(Object.assign(document.createElement("small"), { textContent: detail }));
      button.addEventListener("click", () => { place.closest("dialog").close(); pick(value); });
      place.append(button);
    }
  };
  const dialogs = {
    help: () => dialog("help").showModal(),
    reject: () => {
      const typed = byId("answer").value, original = byId("original").value;
      byId("reject-answer").value = typed !== original ? typed : "";
      ask("reject", () => decide("reject", { note: byId("reject-note").value, answer: byId("reject-answer").value }, words.rejected).then(() => { byId("reject-note").value = ""; }));
    },
    pass: () => {
      options(byId("pass-queue"), "pass-queues");
      options(byId("pass-person"), "pass-people");
      ask("pass", () => {
        if (byId("pass-person").value) decide("give", { person: byId("pass-person").value }, words.done);
        else if (byId("pass-queue").value) decide("move", { queue: byId("pass-queue").value }, words.done);
      });
    },
    snooze: () => { choices(byId("snooze-choices"), [...byId("snoozes").children].map((one) => [one.textContent, "", one.dataset.id]), (minutes) => decide("snooze", { minutes }, words.done)); dialog("snooze").showModal(); },
    note: () => ask("note", () => guarded(async () => { await post(`/desk/items/${desk.shownItem()}/note/`, { note: byId("note-text").value }); byId("note-text").value = ""; say(words.done); })),
    macros: () => { choices(byId("macro-choices"), [...byId("macro-list").children].map((one) => [one.dataset.name, one.textContent, one.textContent]), insert); dialog("macros").showModal(); },
    wrong: (button) => {
      ask("wrong", () => guarded(async () => {
        await post(`/desk/deliveries/${button.dataset.delivery}/wrong/`, { note: byId("wrong-note").value, answer: byId("wrong-answer").value });
        byId("wrong-note").value = byId("wrong-answer").value = "";
        say(words.done);
      }));
    },
  };
  const replace = (text) => {
    const box = byId("answer");
    box.value = text;
    box.readOnly = false;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  };
  const translate = async (button) => {
    const on = button.getAttribute("aria-pressed") !== "true";
    try { await post(`/desk/conversations/${byId("conversation").dataset.conversation}/translate/`, { show: on ? "1" : "0" }); } catch (error) { say(error.message, { bad: true }); return; }
    button.setAttribute("aria-pressed", String(on));
    desk.reread();
  };
  const insert = (text) => {
    const box = byId("answer");
    box.focus();
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const passage = async (chunk) => {
    if (!(await desk.swap(`/desk/passages/${chunk}/`, "#passage"))) return;
    dialog("passage").showModal();
    byId("cited-passage")?.scrollIntoView({ block: "center" });
  };

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "editor") return;
    event.preventDefault();
    problem("");
    verbs[event.submitter?.value ?? "approve"]?.();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.disabled) return;
    if (button.dataset.translate !== undefined) translate(button);
    else if (button.dataset.passage) passage(button.dataset.passage);
    else if (button.dataset.step) step(button.dataset.step);
    else if (button.dataset.dialog) dialogs[button.dataset.dialog]?.(button);
    else if (button.dataset.verb) verbs[button.dataset.verb]?.(button);
    else if (button.id === "help-open") dialogs.help();
  });
  Object.assign(desk, { undo, press: (selector) => document.querySelector(selector)?.click() });
})();
