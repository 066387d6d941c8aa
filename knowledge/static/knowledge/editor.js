"use strict";
// The Markdown editor: a toolbar, and a preview that the server makes a moment after the last key.
(() => {
  const PAUSE = 350; // milliseconds without a key before the preview is asked for

  function edit(area, change) {
    const { selectionStart: start, selectionEnd: end, value } = area;
    const { from, to, text, select } = change(value, start, end);
    area.focus();
    area.setRangeText(text, from, to, "end");
    area.setSelectionRange(from + select[0], from + select[1]);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const wrap = (mark) => (value, start, end) => ({
    from: start, to: end, text: mark + value.slice(start, end) + mark, select: [mark.length, mark.length + end - start],
  });
  const link = (value, start, end) => ({
    from: start, to: end, text: `[${value.slice(start, end)}](https://)`, select: [end - start + 3, end - start + 11],
  });
  const prefix = (mark) => (value, start, end) => {
    const from = value.lastIndexOf("\n", start - 1) + 1;
    const text = value.slice(from, end).split("\n").map((line) => mark + line).join("\n");
    return { from, to: end, text, select: [text.length, text.length] };
  };

  function start(editor) {
    const area = editor.querySelector("textarea");
    const panes = editor.querySelector(".editor-panes");
    const preview = editor.querySelector(".editor-preview");
    let timer = 0, running = null;

    async function show() {
      running?.abort();
      running = new AbortController();
      const form = new FormData();
      form.set("body", area.value);
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
      try {
        const answer = await fetch(editor.dataset.previewAddress, { method: "POST", body: form, headers: { "X-CSRFToken": token }, signal: running.signal });
        if (!answer.ok) throw new Error(answer.status);
        preview.innerHTML = await answer.text(); // the server lets a few harmless tags through
      } catch (error) {
        if (error.name !== "AbortError") preview.textContent = editor.dataset.failed;
      }
    }

    area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, PAUSE); });
    area.addEventListener("scroll", () => {
      const room = area.scrollHeight - area.clientHeight;
      if (room > 0) preview.scrollTop = (area.scrollTop / room) * (preview.scrollHeight - preview.clientHeight);
    });
    editor.querySelector(".editor-bar").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.show) {
        panes.dataset.shown = button.dataset.show;
        for (const tab of editor.querySelectorAll("[data-show]")) tab.setAttribute("aria-pressed", String(tab === button));
      } else if (button.dataset.wrap) edit(area, wrap(button.dataset.wrap));
      else if (button.dataset.line) edit(area, prefix(button.dataset.line));
      else if ("link" in button.dataset) edit(area, link);
    });
    area.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const change = { b: wrap("**"), i: wrap("*"), k: link }[event.key];
      if (change) { event.preventDefault(); edit(area, change); }
    });
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".markdown-editor").forEach(start));
})();
