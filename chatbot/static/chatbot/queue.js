// The queue page: says when there is something new, and loads it. Polls where no WebSocket can be had.
"use strict";
(() => {
  const page = document.getElementById("queue");
  if (!page) return;
  let pause = 1000;
  const refresh = async () => {
    const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("queue");
    if (fresh && fresh.innerHTML !== page.innerHTML && !page.contains(document.activeElement)) page.innerHTML = fresh.innerHTML;
  };
  const listen = () => {
    const socket = new WebSocket(`${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/ws/reviews/`);
    socket.onopen = () => { pause = 1000; refresh(); };
    socket.onmessage = () => refresh();
    socket.onclose = () => { window.setTimeout(listen, pause); pause = Math.min(pause * 2, 30000); };
  };
  listen();
  window.setInterval(refresh, 30000);
})();
