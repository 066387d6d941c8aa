// One key for each label; while somebody types a name, keys are letters.
(() => {
  const page = document.getElementById("label-intent");
  if (!page) return;
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && isTyping && page.contains(isTyping)) isTyping.blur();
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const wanted = page.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input")) wanted.focus();
    else wanted.click();
  });
})();
