// Grading by keyboard: digits score, n and p move, ? tells the keys. Without it the form works as any other.
(function () {
  "use strict";

  const form = document.getElementById("grade");
  if (!form) return;
  const criteria = Array.from(form.querySelectorAll("[data-grading='criterion']"));
  const told = document.getElementById("told");

  function scored(criterion) {
    return criterion.querySelector("input:checked");
  }

  // The criterion that the focus is in; else the first without a score; else the first.
  function current() {
    const held = document.activeElement && document.activeElement.closest("[data-grading='criterion']");
    return held || criteria.find(function (one) { return !scored(one); }) || criteria[0];
  }

  function focus(criterion) {
    const input = scored(criterion) || criterion.querySelector("input");
    input.focus();
  }

  function score(digit) {
    const criterion = current();
    const input = criterion.querySelector('input[value="' + digit + '"]');
    if (!input) {
      told.textContent = "There is no score " + digit + " on this scale";
      return;
    }
    input.checked = true;
    input.focus();
    told.textContent = criterion.querySelector("strong").textContent + ": " + digit;
    const following = criteria[criteria.indexOf(criterion) + 1];
    if (following) focus(following);
  }

  function follow(name) {
    const link = document.querySelector("[data-grading='" + name + "']");
    if (link) link.click();
    else told.textContent = name === "next" ? "There is no next output" : "There is no output before";
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const at = event.target;
    if (at.tagName === "TEXTAREA" || (at.tagName === "INPUT" && at.type !== "radio")) {
      if (event.key === "Escape") focus(current());
      return;
    }
    const keys = document.getElementById("keys");
    const acts = {
      n: function () { follow("next"); },
      p: function () { follow("previous"); },
      u: function () { follow("previous"); },
      c: function () { document.getElementById("comment").focus(); },
      "?": function () {
        keys.open = !keys.open;
        if (keys.open) keys.querySelector("summary").focus();
      }
    };
    if (/^[0-9]$/.test(event.key)) {
      event.preventDefault();
      score(event.key);
    } else if (event.key === "Enter" && !at.closest("a, button, summary")) {
      event.preventDefault();
      form.requestSubmit();
    } else if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
  });

  focus(current());
})();
