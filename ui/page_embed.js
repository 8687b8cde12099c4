// What the chat page does inside a frame: of the widget that `embed.js` draws, or a bare one.
//
// Read before `page.js` and in one scope with it.

const framed = window.parent !== window;

// Nothing said here is secret, and the page around may be of any site that is allowed to show this one.
function tellHost(what) { window.parent.postMessage(`anytongue:${what}`, "*"); }

function joinHost() {
  // What a frame of another site keeps is out of reach for a page that a link opens.
  find("[data-do=link]")?.remove();
  // Another page in the frame would take the place of the conversation.
  Object.assign(find(".at-quality"), { target: "_blank", rel: "noopener" });
  window.addEventListener("message", (event) => {
    if (event.source === window.parent && event.data === "anytongue:opened") focusInput();
  });
  window.addEventListener("keydown", (event) => {
    // What is open in here closes first; a word that is being composed ends.
    if (event.key !== "Escape" || event.isComposing || page.querySelector("dialog[open]")) return;
    tellHost("close");
  });
  tellHost("ready");
}
