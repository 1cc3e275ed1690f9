// Small conveniences; every page works without them.
(function () {
  "use strict";

  // Copy a digest and say so, to eyes and to screen readers.
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const told = document.getElementById("told");
    navigator.clipboard.writeText(button.dataset.copy).then(
      function () {
        button.classList.add("copied");
        told.textContent = "Copied";
        window.setTimeout(function () {
          button.classList.remove("copied");
          told.textContent = "";
        }, 1500);
      },
      function () {
        told.textContent = "Copying was not allowed; select the text instead";
      }
    );
  });

  // A menu closes with Escape and when something else is chosen.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // A form is sent once: the second click of an impatient hand does nothing.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });

  // A poll replaces part of the page: what was unfolded stays unfolded, and the focus stays where it was.
  const kept = { unfolded: [], focus: "" };
  function summaries() {
    return Array.from(document.querySelectorAll("main details > summary"));
  }
  document.addEventListener("htmx:beforeSwap", function (event) {
    const open = summaries().filter(function (summary) {
      return summary.parentElement.open;
    });
    kept.unfolded = open.map(function (summary) {
      return summary.dataset.key || summary.textContent;
    });
    const focused = document.activeElement;
    kept.focus = focused && event.detail.target.contains(focused) ? focused.id || focused.dataset.key || "" : "";
  });
  document.addEventListener("htmx:afterSwap", function () {
    summaries().forEach(function (summary) {
      if (kept.unfolded.includes(summary.dataset.key || summary.textContent)) summary.parentElement.open = true;
    });
    if (!kept.focus || document.activeElement.id === kept.focus) return;
    const again = document.getElementById(kept.focus) || document.querySelector('[data-key="' + kept.focus + '"]');
    if (again) again.focus({ preventScroll: true });
  });

  // Progress is told in coarse steps, not at every poll.
  document.addEventListener("htmx:afterSwap", function () {
    const live = document.querySelector("[data-announce]");
    const status = document.getElementById("run-status");
    if (live && status && status.textContent !== live.dataset.announce) status.textContent = live.dataset.announce;
  });

  // A file on its way: how much of it has left. The answer, a refusal too, takes the page's place.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const form = event.detail.requestConfig.elt;
    if (form.matches("[data-upload]") && event.detail.xhr.status >= 400) event.detail.shouldSwap = true;
  });
  document.addEventListener("htmx:xhr:progress", function (event) {
    const shown = event.target.closest && event.target.closest("[data-upload]");
    if (!shown || !event.detail.lengthComputable) return;
    const place = shown.querySelector("[data-upload-progress]");
    const percent = Math.floor((100 * event.detail.loaded) / event.detail.total);
    const told = place.querySelector("[role=status]");
    place.hidden = false;
    place.querySelector("progress").value = percent;
    const words = percent < 100 ? Math.floor(percent / 10) * 10 + " % sent" : "Sent; being held against the cases";
    if (told.textContent !== words) told.textContent = words;
  });

  // A server that cannot be reached is said once, not at every poll.
  document.addEventListener("htmx:sendError", function () {
    document.getElementById("told").textContent = "The server cannot be reached; this page is not live";
  });
})();
