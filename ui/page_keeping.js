// What the chat page does against loss: keeps the conversation over a reload, notices that the server is gone.
//
// In one scope with `page.js`.

const SAVED_LOG = "anytongue.conversation";
const MAX_SAVED_CHARS = 500000; // browsers allow a tab a few megabytes

// Gradio tries to reconnect without end and tells nobody that the question is lost.
async function checkServer() {
  const asking = waiting;
  try {
    await fetch(`${window.gradio_config.root}/gradio_api/app_id`, { cache: "no-store" });
  } catch {
    if (waiting === asking) giveUp("network_lost");
  }
}

// A reload keeps what can be read; the server has forgotten it, so nothing in it can be reworded or judged any more.
function saveLog() {
  try { sessionStorage.setItem(SAVED_LOG, log.innerHTML.length > MAX_SAVED_CHARS ? "" : log.innerHTML); }
  catch { /* storage can be forbidden or full */ }
}

function restoreLog() {
  let kept = "";
  try { kept = sessionStorage.getItem(SAVED_LOG) || ""; } catch { return; }
  if (!kept) return;
  log.innerHTML = kept;
  for (const node of log.children) node.classList.add("at-restored");
  page.classList.add("at-started");
  find(".at-new").hidden = false;
  main.scrollTop = main.scrollHeight;
}
