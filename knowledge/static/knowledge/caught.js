"use strict";
// Shows which past questions the approved answer in the form would have caught.
document.addEventListener("DOMContentLoaded", () => {
  const frame = document.querySelector(".caught");
  const form = frame?.closest("form");
  if (!form) return;
  const found = frame.querySelector(".caught-found");
  const button = frame.querySelector("button");

  async function look() {
    button.disabled = true;
    try {
      const answer = await fetch(frame.dataset.address, { method: "POST", body: new FormData(form) });
      if (!answer.ok) throw new Error(answer.status);
      found.innerHTML = await answer.text();
    } catch { found.textContent = frame.dataset.failed; }
    button.disabled = false;
  }

  button.addEventListener("click", look);
  if (form.querySelector("[name=question]")?.value) look();
});
