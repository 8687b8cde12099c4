// The chat page in the browser: shows what was typed at once, talks to the server through gradio events.
//
// Runs once, as the body of a function that gradio calls with `element`, `trigger`, `props` and `watch`.
// Answers come back as the window event "anytongue:answer". Everything the server sends as HTML is escaped there;
// everything that is put together here goes in as text.

const page = element.querySelector(".at-page");
const find = (selector) => page.querySelector(selector);
const [main, log, status, form, input] = [".at-main", ".at-log", ".at-status", ".at-composer", ".at-input"].map(find);
const [send, stop, panel, select] = [".at-send", ".at-stop", ".at-panel", ".at-select"].map(find);
const GIVE_UP_MS = 60000; // a reply takes well under a second; after a minute nobody believes in it any more
const CHECK_MS = 4000;    // a reply that takes this long: is the server still there at all?
const LET_GO_MS = 5000;   // a stopped question whose end gradio has not told by then is not waited for
const MAX_CHARS = 20000;   // far more than is answered; the rest of a pasted book would only be refused as too large
const MAX_MESSAGES = 200; // nobody scrolls back further, and a page that never forgets gets slow

let waiting = null;        // the question that is being answered: {id, question, asked, node, timer, check, sent}
let letGo = null;          // while gradio ends a stopped question: {done, finish}
let lastId = 0;

// ---------------------------------------------------------------- messages

function make(tag, className, content = "", language = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = content;
  if (tag === "button") node.type = "button";
  if (language) { node.lang = language; node.dir = "auto"; }
  return node;
}

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function copyOf(template) {
  const node = find(template).content.firstElementChild.cloneNode(true);
  wordNodes(node);
  return node;
}

function showQuestion(question) {
  while (log.childElementCount >= MAX_MESSAGES) {
    log.firstElementChild.remove();
    find(".at-older").hidden = false;
  }
  const node = copyOf(".at-question");
  node.querySelector(".at-bubble").textContent = question;
  node.dataset.question = question;
  log.append(node);
  return node;
}

function showWaiting() {
  const node = copyOf(".at-wait");
  log.append(node);
  return node;
}

function showNotice(key, kind) {
  const node = make("article", "at-message at-bot", "", pageLanguage());
  node.dataset.notice = kind;
  const again = make("button", "at-plain", text("try_again"));
  again.dataset.do = "retry";
  again.dataset.text = "try_again";
  const meta = make("div", "at-meta");
  meta.append(again);
  node.append(make("p", "at-sentence", text(key)), meta);
  log.append(node);
  saveLog();
  say(text(key), pageLanguage());
}

function say(words, language) {
  status.lang = language;
  status.textContent = words;
}

// The question stays in view above a long answer; a short one simply ends at the bottom.
function scrollToQuestion(node) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const top = node.getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop - 12;
  main.scrollTo({ top: Math.min(top, main.scrollHeight), behavior: calm ? "auto" : "smooth" });
}

// ---------------------------------------------------------------- asking

function ask(words) {
  const question = words.trim().slice(0, MAX_CHARS);
  if (waiting) return;
  if (!question) { tell("empty_message"); input.focus(); return; }
  hint("");
  page.classList.add("at-started");
  find(".at-elsewhere").hidden = true;
  find(".at-new").hidden = false;
  const id = String(++lastId);
  lastPick = "";
  const asked = showQuestion(question);
  waiting = { id, question, asked, node: showWaiting() };
  waiting.timer = setTimeout(() => giveUp("network_lost", stopWaiting), GIVE_UP_MS);
  waiting.check = setInterval(checkServer, CHECK_MS);
  say(text("searching"), pageLanguage());
  setBusy(true);
  saveLog();
  scrollToQuestion(asked);
  submit(waiting);
}

// Gradio ends a stopped question by its event's name: one that is sent meanwhile would end with it.
async function submit(asking) {
  if (letGo) await letGo.done;
  if (waiting !== asking) return;
  asking.sent = true;
  trigger("ask", { id: asking.id, message: asking.question, ...context(), past: pastTurns() });
}

// What the server is told with everything that it may have to answer.
function context() { return { conversation: conversationId, chosen, browser, spoken }; }

function setBusy(busy) {
  send.hidden = busy;
  stop.hidden = !busy;
  log.setAttribute("aria-busy", String(busy));
}

function endWaiting() {
  const ended = waiting;
  if (!ended) return null;
  clearTimeout(ended.timer);
  clearInterval(ended.check);
  ended.node.remove();
  const stopHadFocus = document.activeElement === stop;
  waiting = null;
  setBusy(false);
  if (stopHadFocus) input.focus();
  return ended;
}

function stopWaiting() {
  const ended = endWaiting();
  if (!ended || !ended.sent) return ended;
  letGo = { id: ended.id };
  letGo.done = new Promise((finish) => { letGo.finish = finish; setTimeout(finish, LET_GO_MS); });
  const stopped = letGo;
  letGo.done.then(() => { if (letGo === stopped) letGo = null; });
  trigger("stop", {});
  return ended;
}

function giveUp(key, end = endWaiting) {
  const ended = end();
  if (!ended) return;
  showNotice(key, "error");
  scrollToQuestion(ended.asked);
}

// Our handlers never fail: the question was stopped, the server was asked more than it takes, or it is gone.
async function tellFailed() {
  if (letGo) { letGo.failed = true; return; }
  const asking = waiting;
  const key = (await serverAnswers()) ? "busy" : "network_lost";
  if (waiting === asking) giveUp(key);
}

// Gradio tells up to twice that a stopped question failed, and with the last time that it ended.
function tellEnded() { if (letGo && letGo.failed) letGo.finish(); }

function hint(words) { find(".at-hint").textContent = words; }

function tell(key) {
  hint(text(key));
  say(text(key), pageLanguage());
}

function showReply(answer) {
  if (letGo?.id === answer.id) letGo.finish();        // stopped too early for gradio to know it: it ran to its end
  if (!waiting || answer.id !== waiting.id) return;   // it was stopped, or the conversation is another one by now
  const { asked } = endWaiting();
  appendReply(answer);
  if (answer.page_language !== pageLanguage() && answer.page_language in languages) {
    spoken = answer.page_language;
    wordPage();
  }
  asked.querySelector(".at-bubble").lang = answer.question_language || "";
  saveLog();
  say(answer.spoken || log.lastElementChild.textContent, answer.language);
  scrollToQuestion(asked);
}

function appendReply(answer, place = null) {
  const node = fragment(answer.html);
  if (answer.turn) node.dataset.turn = JSON.stringify(answer.turn);
  if (place) place.replaceWith(node);
  else log.append(node);
  return node;
}

function startAnew() {
  stopWaiting();
  lastPick = "";
  trigger("clear", {});
  log.replaceChildren();
  find(".at-older").hidden = true;
  newConversation();
  page.classList.remove("at-started");
  find(".at-new").hidden = true;
  hint("");
  status.textContent = "";
  wordPage();
  write("");
  input.focus();
}

function write(words) {
  input.value = words;
  fit();
  saveDraft();
}

// As high as its text, and in its direction: an empty one has that of its placeholder.
function fit() {
  input.dir = input.value ? "auto" : page.dir;
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

// On a phone that would open the keyboard.
function focusInput() { if (matchMedia("(hover: hover)").matches) input.focus(); }

// ---------------------------------------------------------------- what can be clicked

const actions = {
  new: startAnew,
  example: (button) => ask(button.textContent),
  stop: () => {
    const ended = stopWaiting();
    if (ended) { showNotice("stopped", "stopped"); input.focus(); }
  },
  retry: (button) => {
    let node = button.closest(".at-message");
    while (node && !node.dataset.question) node = node.previousElementSibling;
    if (node) ask(node.dataset.question);
  },
  edit: (button) => {
    write(button.closest(".at-message").dataset.question);
    input.focus();
  },
  copy: copySentence,
  link: copyLink,
  clear: forgetConversation,
  person: askPerson,
  relanguage: pickLanguage,
  helpful: (button) => judge(button, true),
  unhelpful: (button) => judge(button, false),
  article: openArticle,
  close: () => panel.close(),
};

page.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do], a[data-do]");
  if (button && actions[button.dataset.do]) actions[button.dataset.do](button);
  else if (event.target === panel) panel.close();   // the backdrop
});
page.addEventListener("change", (event) => {
  if (event.target.dataset.do === "language") choose(event.target.value);
});
page.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target !== form) { judge(event.target, false, event.target.elements.reason.value); return; }
  if (waiting) return;
  const words = input.value;
  write("");
  ask(words);
  input.focus();
});
input.addEventListener("keydown", (event) => {
  // While a Japanese, Chinese or Korean word is being composed, Enter ends the word and not the question.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});
input.addEventListener("input", () => { fit(); hint(""); saveDraft(); });

window.addEventListener("anytongue:answer", (event) => {
  const show = { reply: showReply, reworded: showReworded, article: showArticle, judged: showJudged, nothing: showUnchanged, failed: tellFailed, ended: tellEnded };
  const answer = event.detail;
  if (answer && show[answer.type]) show[answer.type](answer);
});

restoreLog();
restoreDraft();
wordPage();
page.classList.add("at-ready");
if (framed) joinHost();   // the page around keeps the focus until somebody opens the chat
else focusInput();
