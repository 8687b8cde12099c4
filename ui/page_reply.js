// What can be done with a reply of the chat page: judge it, copy it, have it in another language, read its article.
//
// In one scope with `page.js`.

const COPIED_MS = 1600;
let panelId = "";
let judging = null;        // the thumb or reason that the server has yet to keep: {id, message, asksWhy}
let judged = 0;

// A "no" is kept at once, and once more with its reason if one is given.
function judge(part, helpful, reason) {
  const message = part.closest(".at-message");
  for (const thumb of message.querySelectorAll(".at-thumbs button")) {
    thumb.setAttribute("aria-pressed", String((thumb.dataset.do === "helpful") === helpful));
  }
  const asksWhy = !helpful && reason === undefined;
  message.querySelector(".at-reason").hidden = !asksWhy;
  message.querySelector(".at-thanks").hidden = true;
  const person = message.querySelector(".at-person");
  if (person && !helpful) person.hidden = false;
  if (asksWhy) message.querySelector(".at-reason input").focus();
  const asking = judging = { id: String(++judged), message, asksWhy };
  trigger("feedback", { id: asking.id, helpful, reason: reason || "" });
  ifServerIsGone(() => judging === asking, () => { showUnkept(asking); tell("network_lost"); });
}

function showJudged(answer) {
  if (!judging || answer.id !== judging.id) return;
  const { message, asksWhy } = judging;
  if (!answer.kept) { showUnkept(judging); tell("error"); return; }
  judging = null;
  if (asksWhy) return;
  const thanks = message.querySelector(".at-thanks");
  thanks.hidden = false;
  say(thanks.textContent, message.lang);
}

// A written reason stays in its field, to be sent again.
function showUnkept({ message }) {
  judging = null;
  for (const thumb of message.querySelectorAll(".at-thumbs button")) thumb.setAttribute("aria-pressed", "false");
  const reason = message.querySelector(".at-reason");
  reason.hidden = !reason.elements.reason.value;
}

function showReworded(answer) {
  const last = log.lastElementChild;
  if (answer.id !== lastPick) return;   // another language was picked since
  if (waiting || !last) { showUnchanged(); return; }
  const open = last.querySelector("details[open]");
  const focused = last.contains(document.activeElement) && document.activeElement;
  const again = appendReply(answer, last);
  carryJudgement(last, again);
  if (focused) again.querySelector(focused.matches(".at-reason input") ? ".at-reason input" : "[data-do=relanguage]")?.focus();
  if (open && again.querySelector("details")) again.querySelector("details").open = true;
  say(answer.spoken, answer.language);
  saveLog();
}

function showUnchanged() {
  for (const node of log.querySelectorAll(":scope > [aria-busy]")) node.removeAttribute("aria-busy");
}

// The same reply in another language keeps what was said about it.
function carryJudgement(from, to) {
  const fields = (node) => [...node.querySelectorAll(".at-thumbs button, .at-reason, .at-reason input, .at-thanks, .at-person")];
  const kept = fields(from);
  for (const [n, node] of fields(to).entries()) {
    if (!kept[n]) return;   // what stood there was no reply that could be judged
    node.hidden = kept[n].hidden;
    if (node.hasAttribute("aria-pressed")) node.setAttribute("aria-pressed", kept[n].getAttribute("aria-pressed"));
    if (node.tagName === "INPUT") node.value = kept[n].value;
  }
  if (judging?.message === from) judging.message = to;
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
  const id = panelId;
  trigger("article", { id, document: source, start, end, language: pageLanguage() });
  ifServerIsGone(() => panelId === id && panel.open, () => {
    find(".at-panel-body").replaceChildren(make("p", "at-waiting-text", text("network_lost")));
    say(text("network_lost"), pageLanguage());
  });
}

function showArticle(answer) {
  if (answer.id !== panelId) return;
  panelId = "";
  const body = find(".at-panel-body");
  body.innerHTML = answer.html;
  body.querySelector("#at-panel-title").focus({ preventScroll: true });   // arrow keys scroll from here
  const mark = body.querySelector("mark");
  if (mark) mark.scrollIntoView({ block: "center" });
  else panel.scrollTop = 0;
}
