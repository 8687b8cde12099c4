// What the chat page does against loss: keeps the conversation, opens it by its link, notices that the server is gone.
//
// In one scope with `page.js`. A tab keeps its conversation until it is closed; the browser keeps it for longer only
// after its link was copied. Kept is the log as it stands, in which the server has escaped everything.

const TAB_KEY = "anytongue.conversation";
const DRAFT_KEY = "anytongue.draft";
const PAST_CHARS = 1000;        // a longer question got no answer
const LINKED_KEYS = "anytongue.linked.";
const LINK_DAYS = 30;           // the phrases name it
const MAX_LINKED = 5;
const MAX_KEPT_CHARS = 300000;  // browsers allow a site about five million
const PAST_TURNS = 8;           // what the server is told, should it have forgotten the conversation
const LINK = /^#conversation=([0-9a-f]{32})$/;

let conversationId = newId();
let linked = false;

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// ---------------------------------------------------------------- storage, which can be forbidden, full or meddled with

function stored(storage, key) {
  try {
    const kept = JSON.parse(window[storage].getItem(key));
    return kept && typeof kept.html === "string" && LINK.test(`#conversation=${kept.id}`) ? kept : null;
  } catch { return null; }
}

function store(storage, key, kept) {
  try { window[storage].setItem(key, JSON.stringify(kept)); return true; } catch { return false; }
}

function dropLinked(unwanted) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(LINKED_KEYS));
    const newest = keys.map((key) => [key, stored("localStorage", key)]).sort((a, b) => (b[1]?.at || 0) - (a[1]?.at || 0));
    newest.forEach(([key, kept], rank) => { if (!isFresh(kept) || unwanted(kept, rank)) localStorage.removeItem(key); });
  } catch { /* nothing is kept then */ }
}

function isFresh(kept) { return Boolean(kept) && Date.now() - kept.at < LINK_DAYS * 86400000; }

// ---------------------------------------------------------------- the conversation

function saveLog() {
  const parts = [];
  let room = MAX_KEPT_CHARS;
  for (let node = log.lastElementChild; node && room > 0; node = node.previousElementSibling) {
    if (node === (waiting && waiting.node)) continue;
    room -= node.outerHTML.length;
    if (room > 0) parts.unshift(node.outerHTML);
  }
  const older = room <= 0 || !find(".at-older").hidden;
  const kept = { id: conversationId, at: Date.now(), linked, older, spoken, html: parts.join("") };
  store("sessionStorage", TAB_KEY, kept);
  return !linked || store("localStorage", LINKED_KEYS + conversationId, kept);
}

function restoreLog() {
  dropLinked(() => false);
  const wanted = LINK.exec(location.hash)?.[1];
  const here = stored("sessionStorage", TAB_KEY);
  const linkedHere = wanted && stored("localStorage", LINKED_KEYS + wanted);
  const [kept] = [here, linkedHere].filter((one) => one?.html && (!wanted || one.id === wanted)).sort((a, b) => b.at - a.at);
  if (kept) show(kept);
  else if (wanted) {
    find(".at-elsewhere").hidden = false;
    say(text("link_elsewhere"), pageLanguage());
    setAddress("");
  }
}

function show(kept) {
  conversationId = kept.id;
  linked = kept.linked === true;
  spoken = kept.spoken in languages ? kept.spoken : "";
  log.innerHTML = kept.html;
  // The server has forgotten the replies, so none of these can be reworded or judged any more.
  for (const node of log.children) node.classList.add("at-restored");
  find(".at-older").hidden = !kept.older;
  page.classList.add("at-started");
  find(".at-new").hidden = false;
  if (log.lastElementChild.dataset.question) showNotice("network_lost", "error");   // the page was left before its reply
  main.scrollTop = main.scrollHeight;
}

// Gradio reloads the page after a lost connection, whatever somebody is typing.
function saveDraft() {
  try { sessionStorage.setItem(DRAFT_KEY, input.value); } catch { /* a reload then empties the field */ }
}

function restoreDraft() {
  try { input.value = sessionStorage.getItem(DRAFT_KEY) || ""; } catch { /* nothing was kept */ }
}

// Enough for a server that was restarted, or never saw this page, to understand a follow-up.
function pastTurns() {
  const turns = [];
  let question = "";
  for (const node of log.children) {
    if (node.dataset.question) question = node.dataset.question.slice(0, PAST_CHARS);
    else if (node.dataset.turn) turns.push({ question, ...JSON.parse(node.dataset.turn) });
  }
  return turns.slice(-PAST_TURNS);
}

async function copyLink() {
  linked = true;
  if (!saveLog()) { linked = false; tell("error"); return; }
  dropLinked((kept, rank) => rank >= MAX_LINKED);
  setAddress(`#conversation=${conversationId}`);
  await copyText(location.href);
  tell("link_kept");
}

function forgetConversation() {
  dropLinked((kept) => kept.id === conversationId);
  startAnew();
}

function newConversation() {
  conversationId = newId();
  linked = false;
  spoken = "";
  setAddress("");
  saveLog();
}

function setAddress(hash) { history.replaceState(history.state, "", location.pathname + location.search + hash); }

window.addEventListener("hashchange", () => {
  const wanted = LINK.exec(location.hash)?.[1];
  if (wanted && wanted !== conversationId) location.reload();
});

// ---------------------------------------------------------------- the server

// Gradio tries to reconnect without end and tells nobody that the question is lost.
async function checkServer() {
  const asking = waiting;
  const here = await serverAnswers();
  if (!here && waiting === asking) giveUp("network_lost");
}

// For what is answered at once: whether it was lost, told as long as nothing came.
async function ifServerIsGone(pending, tellGone) {
  if (!(await serverAnswers()) && pending()) tellGone();
}

async function serverAnswers() {
  try {
    return (await fetch(`${window.gradio_config.root}/gradio_api/app_id`, { cache: "no-store" })).ok;
  } catch { return false; }
}
