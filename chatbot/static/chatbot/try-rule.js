// Sends the rule as it stands in the form, saved or not, together with a text; shows what the server answers.
(() => {
  const panel = document.getElementById("try-rule");
  const form = document.querySelector("form#wordrule_form") || document.querySelector("#content-main form, form[method=post]");
  if (!panel || !form) return;
  const result = document.getElementById("try-result");
  const buttons = [...panel.querySelectorAll("button[data-what]")];

  async function ask(what) {
    const data = new FormData(form);
    data.set("what", what);
    data.set("text", document.getElementById("try-text").value);
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const answer = await fetch(panel.dataset.address, { method: "POST", body: data, credentials: "same-origin" });
      result.innerHTML = await answer.text();
    } catch {
      result.textContent = "…";
    } finally {
      buttons.forEach((button) => { button.disabled = false; });
    }
  }

  buttons.forEach((button) => button.addEventListener("click", () => ask(button.dataset.what)));
})();
