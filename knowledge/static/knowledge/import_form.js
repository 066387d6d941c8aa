"use strict";
// Shows the fields of the chosen kind of source alone. Without this script all stand there, and the form works.
(() => {
  const form = document.getElementById("import-form");
  if (!form) return;
  const show = () => {
    const kind = new FormData(form).get("kind");
    for (const field of form.querySelectorAll("[data-only]")) field.hidden = !field.dataset.only.split(" ").includes(kind);
  };
  form.addEventListener("change", show);
  show();
})();
