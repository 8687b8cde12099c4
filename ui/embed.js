// Puts the chat into any web page: a round button in the corner opens a panel with the chat in a frame.
//
// The server wraps this file in a function of its own and puts WORDS (language code -> its words) in front of it.
// Everything drawn lives in a shadow root, so that neither page changes the look of the other; the styles are a
// constructed sheet, which also pages with a strict style policy allow.

const script = document.currentScript;
const home = new URL(".", script.src);
const PHONE = matchMedia("(max-width: 30rem)");
const PATIENCE_MS = 10000; // after the frame has loaded: by then the chat has said that it is there, or it never will

const STYLES = `
* { box-sizing: border-box; margin: 0; font: inherit; }
.all { position: relative; z-index: 2147483000; font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
button { padding: 0; border: 0; cursor: pointer; display: grid; place-items: center; color: inherit; background: none; }
svg { inline-size: 1.5rem; block-size: 1.5rem; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.launcher { position: fixed; z-index: 1; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; inline-size: 3.5rem; block-size: 3.5rem; border-radius: 50%; color: #fff; background: #0d6b5e; box-shadow: 0 0 0 1px rgb(255 255 255 / 35%), 0 4px 16px rgb(0 0 0 / 28%); }
.launcher:hover { background: #0a5a4f; }
.launcher[aria-expanded="true"] .chat, .launcher[aria-expanded="false"] .cross { display: none; }
:focus-visible { outline: 3px solid #0d6b5e; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
.bar :focus-visible { outline-color: #fff; outline-offset: -3px; box-shadow: none; }
dialog { position: fixed; inset: auto; inset-block-end: 5.75rem; inset-inline-end: 1.25rem; inline-size: min(25rem, 100vw - 2.5rem); block-size: min(42rem, 100dvh - 7rem); max-inline-size: none; max-block-size: none; padding: 0; border: 1px solid rgb(0 0 0 / 14%); border-radius: 16px; overflow: hidden; color: #56646a; background: #f6f7f6; box-shadow: 0 12px 48px rgb(0 0 0 / 24%); }
dialog[open] { display: flex; flex-direction: column; }
.bar { flex: none; display: flex; align-items: center; justify-content: space-between; min-block-size: 2.75rem; padding-inline: 1.1rem .4rem; color: #fff; background: #0d6b5e; font-weight: 600; }
.bar button { inline-size: 2.25rem; block-size: 2.25rem; border-radius: 50%; }
.bar button:hover { background: rgb(255 255 255 / 16%); }
.body { position: relative; flex: 1; display: grid; place-items: center; }
.body a { color: #0d6b5e; }
iframe { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; border: 0; }
@media (max-width: 30rem) {
  dialog { inset: 0; inline-size: 100vw; block-size: 100dvh; border: 0; border-radius: 0; }
  dialog::backdrop { background: none; }
}
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: rise .16s ease-out; }
  @keyframes rise { from { opacity: 0; translate: 0 8px; } }
}
@media print { .all { display: none; } }`;

const CROSS = '<svg class="cross" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18"/></svg>';
const CHAT = '<svg class="chat" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM7.5 8.5h9M7.5 12.5h5"/></svg>';

// The script's own attribute, then the page, then the browser.
function pickLanguage() {
  const tags = [script.dataset.language, document.documentElement.lang, ...navigator.languages];
  return tags.map((tag) => (tag || "").toLowerCase().split("-")[0]).find((code) => code in WORDS) || "en";
}

function draw(language) {
  const words = WORDS[language];
  const host = document.createElement("anytongue-chat");
  host.style.setProperty("all", "initial", "important");   // the page's rules for "*" stop here
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  root.innerHTML = `<div class="all">
    <button class="launcher" type="button" aria-expanded="false" aria-haspopup="dialog">${CHAT}${CROSS}</button>
    <dialog aria-labelledby="title">
      <div class="bar"><span id="title"></span><button class="close" type="button">${CROSS}</button></div>
      <div class="body"><span class="wait"></span></div>
    </dialog></div>`;
  const find = (selector) => root.querySelector(selector);
  const parts = { root, words, language, launcher: find(".launcher"), panel: find("dialog"), body: find(".body"), wait: find(".wait"), frame: null, isThere: false };
  // The corner is the page's, the words run as their language does.
  find(".all").dir = getComputedStyle(document.documentElement).direction;
  for (const part of [parts.launcher, parts.panel]) part.lang = language;
  find(".bar").dir = words.dir;
  find("#title").textContent = words.title;
  parts.launcher.setAttribute("aria-label", words.title);
  parts.launcher.title = words.title;
  find(".close").setAttribute("aria-label", words.close);
  find(".close").title = words.close;
  parts.wait.textContent = words.loading;
  document.body.append(host);
  return parts;
}

function address(language) {
  const url = new URL(home);
  url.searchParams.set("language", language);
  const { theme } = script.dataset;
  if (theme === "light" || theme === "dark") url.searchParams.set("__theme", theme);
  return url.href;
}

// Not before somebody wants it: the page around it loads as fast as without the chat.
function load(parts) {
  if (parts.frame) return;
  parts.frame = document.createElement("iframe");
  parts.frame.title = parts.words.title;
  parts.frame.allow = "clipboard-write";
  parts.frame.src = address(parts.language);
  // A browser's error page "loads" as well.
  parts.frame.addEventListener("load", () => setTimeout(() => { if (!parts.isThere) offerLink(parts); }, PATIENCE_MS));
  parts.body.append(parts.frame);
}

// In the place of a browser's error page: the server is gone, or this site may not show the chat.
function offerLink(parts) {
  const link = document.createElement("a");
  Object.assign(link, { href: address(parts.language), target: "_blank", rel: "noopener", textContent: parts.words.title });
  parts.wait.replaceChildren(link);
  parts.frame.hidden = true;
  console.error(`Anytongue: the chat of ${home.origin} does not appear here. If it can be opened by itself, its server has to allow this site: ANYTONGUE_EMBED_ORIGINS=${location.origin}`);
}

function show(parts) {
  load(parts);
  // On a phone it covers the page, so nothing behind it can be reached; elsewhere the page stays usable beside it.
  if (PHONE.matches) parts.panel.showModal(); else parts.panel.show();
  parts.launcher.setAttribute("aria-expanded", "true");
  focusChat(parts);
}

function focusChat(parts) {
  if (!parts.isThere) return;
  parts.frame.focus();
  parts.frame.contentWindow.postMessage("anytongue:opened", home.origin);
}

function hear(parts, event) {
  if (!parts.frame || event.source !== parts.frame.contentWindow || event.origin !== home.origin) return;
  if (event.data === "anytongue:ready") {
    parts.isThere = true;
    parts.frame.hidden = false;
    if (parts.panel.open) focusChat(parts);
  } else if (event.data === "anytongue:close") parts.panel.close();
}

function start() {
  if (document.querySelector("anytongue-chat")) return;   // the script is there twice
  const parts = draw(pickLanguage());
  const { launcher, panel, root } = parts;
  launcher.addEventListener("click", () => (panel.open ? panel.close() : show(parts)));
  launcher.addEventListener("pointerenter", () => load(parts));
  root.querySelector(".close").addEventListener("click", () => panel.close());
  root.addEventListener("keydown", (event) => { if (event.key === "Escape" && panel.open) panel.close(); });
  panel.addEventListener("close", () => {
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus();
  });
  window.addEventListener("message", (event) => hear(parts, event));
}

if (document.body) start();
else document.addEventListener("DOMContentLoaded", start);
