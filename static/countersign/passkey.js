// Passkeys: asks the browser for what the server prepared, and sends the answer with the form it belongs to.
// A form says what it asks for: data-passkey="create" or "get", its options as JSON in a <script> beside it.
(function () {
  "use strict";

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) {
      return letter.charCodeAt(0);
    });
  }

  function text(buffer) {
    const plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // What the standard's parse…FromJSON and toJSON do, for browsers that do not have them yet (WebAuthn 5.1).
  function options(given) {
    const asked = Object.assign({}, given, { challenge: bytes(given.challenge) });
    function credential(one) {
      return Object.assign({}, one, { id: bytes(one.id) });
    }
    if (given.user) asked.user = Object.assign({}, given.user, { id: bytes(given.user.id) });
    if (given.allowCredentials) asked.allowCredentials = given.allowCredentials.map(credential);
    if (given.excludeCredentials) asked.excludeCredentials = given.excludeCredentials.map(credential);
    return asked;
  }

  function answer(credential) {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    if (credential.response.attestationObject) {
      response.attestationObject = text(credential.response.attestationObject);
      response.transports = credential.response.getTransports ? credential.response.getTransports() : [];
    } else {
      response.authenticatorData = text(credential.response.authenticatorData);
      response.signature = text(credential.response.signature);
      if (credential.response.userHandle) response.userHandle = text(credential.response.userHandle);
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: response,
    };
  }

  function why(problem) {
    if (problem.name === "NotAllowedError") return "Nothing was done: it was cancelled, or it took too long. Try again.";
    if (problem.name === "InvalidStateError") return "This device has a passkey of yours here already.";
    if (problem.name === "SecurityError") return "The browser makes no passkeys for this address.";
    return "The browser could not do it (" + problem.name + "). Try again, or another device.";
  }

  // An act confirmed by passkey in place of the password: the question is fetched when somebody asks for it.
  document.querySelectorAll("[data-proof]").forEach(function (place) {
    const button = place.querySelector("button");
    const told = place.querySelector("[data-passkey-told]");
    if (!window.PublicKeyCredential) return;
    button.disabled = false;
    button.addEventListener("click", function () {
      const form = place.closest("form");
      if (!form.reportValidity()) return;
      told.textContent = "Follow what the browser or your device asks.";
      fetch(place.dataset.proofAt, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
        body: JSON.stringify({ act: place.dataset.proof }),
      })
        .then(function (reply) {
          if (!reply.ok) throw new Error("status " + reply.status);
          return reply.json();
        })
        .then(function (question) {
          return navigator.credentials.get({ publicKey: options(question.publicKey) }).then(function (credential) {
            form.elements.preparation.value = question.preparation;
            form.elements.credential.value = JSON.stringify(answer(credential));
            told.textContent = "Sending.";
            form.requestSubmit();
          });
        })
        .catch(function (problem) {
          told.textContent = why(problem);
        });
    });
  });

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    const told = form.querySelector("[data-passkey-told]");
    if (!window.PublicKeyCredential) {
      told.textContent = "This browser has no passkeys here. They need https (or localhost) and a browser of recent years.";
      return;
    }
    // Only now can the button do what it says; a click before this script is here must not send an empty answer.
    const button = form.querySelector("button[type=submit]");
    button.disabled = false;
    if (form.dataset.passkey === "get") button.focus();
    form.addEventListener("submit", function (event) {
      if (form.elements.credential.value) return;
      event.preventDefault();
      event.stopPropagation();
      told.textContent = "Follow what the browser or your device asks.";
      const asked = { publicKey: options(JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent)) };
      const act = form.dataset.passkey === "create" ? "create" : "get";
      navigator.credentials[act](asked).then(
        function (credential) {
          form.elements.credential.value = JSON.stringify(answer(credential));
          told.textContent = "Sending.";
          form.requestSubmit();
        },
        function (problem) {
          told.textContent = why(problem);
        }
      );
    });
  });
})();
