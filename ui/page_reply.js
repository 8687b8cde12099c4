// What can be done with a reply of the chat page: judge it, copy it, have it in another language, read its article.
//
// In one scope with `page.js`.

const COPIED_MS = 1600;
let panelId = "";

// A "no" is kept at once, and once more with its reason if one is given.
function judge(part, helpful, reason) {
  const message = part.closest(".at-message");
  for (const thumb of message.querySelectorAll(".at-thumbs button")) {
    thumb.setAttribute("aria-pressed", String((thumb.dataset.do === "helpful") === helpful));
  }
  const asksWhy = !helpful && reason === undefined;
  message.querySelector(".at-reason").hidden = !asksWhy;
  message.querySelector(".at-thanks").hidden = asksWhy;
  const person = message.querySelector(".at-person");
  if (person && !helpful) person.hidden = false;
  if (asksWhy) message.querySelector(".at-reason input").focus();
  else say(message.querySelector(".at-thanks").textContent, message.lang);
  trigger("feedback", { helpful, reason: reason || "" });
}

// The link itself opens the mail program or the page; the desk learns that it was chosen.
function askPerson(link) {
  const { turn } = link.closest(".at-message").dataset;
  if (turn) trigger("person", { conversation: conversationId, logged: JSON.parse(turn).logged });
}

async function copySentence(button) {
  await copyText(button.dataset.copy);
  const note = make("span", "", text("copied"));
  button.append(note);
  say(text("copied"), pageLanguage());
  setTimeout(() => note.remove(), COPIED_MS);
}

// Browsers offer their clipboard to pages with https only.
async function copyText(words) {
  if (navigator.clipboard) { await navigator.clipboard.writeText(words); return; }
  const carrier = make("textarea", "at-sr");
  carrier.value = words;
  page.append(carrier);
  carrier.select();
  document.execCommand("copy");
  carrier.remove();
}

function pickLanguage(button) {
  const picker = select.cloneNode(true);
  picker.className = "at-select at-relanguage";
  picker.dataset.do = "language";
  picker.setAttribute("aria-label", text("language_label"));
  picker.value = button.closest(".at-message").lang;
  button.replaceWith(picker);
  picker.focus();
  try { picker.showPicker(); } catch { /* older browsers: one more click opens it */ }
}

function openArticle(button) {
  panelId = String(Date.now());
  find(".at-panel-body").replaceChildren(make("p", "at-waiting-text", text("loading")));
  panel.showModal();
  const { document: source, start, end } = button.dataset;
  trigger("article", { id: panelId, document: source, start, end, language: pageLanguage() });
}

function showArticle(answer) {
  if (answer.id !== panelId) return;
  const body = find(".at-panel-body");
  body.innerHTML = answer.html;
  body.querySelector("#at-panel-title").focus({ preventScroll: true });   // arrow keys scroll from here
  const mark = body.querySelector("mark");
  if (mark) mark.scrollIntoView({ block: "center" });
  else panel.scrollTop = 0;
}
