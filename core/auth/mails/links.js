const kinds = {
  verify: {path: "email/verify", code: "token", ask: "Is this address yours?", done: "Your address is confirmed. You may close this page and sign in."},
  reset: {path: "password/reset", code: "token", ask: "Choose a new password. All your devices will be signed out.", done: "Your password is set. Sign in with it."},
  invitation: {path: "register", code: "invitation", ask: "You are invited. Choose a name and a password.", done: "You are registered. Sign in."},
};
const said = document.getElementById("said");
const [name, code] = location.hash.slice(1).split("=");
const kind = Object.hasOwn(kinds, name) && code ? kinds[name] : null;

async function send(form, button) {
  const body = {...Object.fromEntries(new FormData(form)), [kind.code]: code};
  const answer = await fetch(`/api/v1/auth/${kind.path}`, {
    method: "POST",
    headers: {"content-type": "application/json"},
    body: JSON.stringify(body),
  });
  const told = answer.status === 204 ? {} : await answer.json();
  said.textContent = answer.ok ? told.detail || kind.done : told.detail;
  form.hidden = answer.ok;
  button.disabled = answer.ok;
}

if (kind) {
  history.replaceState(null, "", location.pathname);
  const form = document.getElementById(name);
  said.textContent = kind.ask;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await send(form, button);
    } catch {
      said.textContent = "The server could not be reached. Try again.";
    }
    button.disabled = form.hidden;
  });
}
