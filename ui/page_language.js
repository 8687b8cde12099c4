// Languages of the chat page: which one it speaks, and putting its words in place.
//
// Read before `page.js` and in one scope with it: `page`, `find`, `make` and what else is not defined here is there.

const languages = Object.assign(Object.create(null), props.languages);   // "constructor" is no language
const SAVED_LANGUAGE = "anytongue.language";
const EXAMPLE_COUNT = 6;
// Scripts that look as different as possible, so that a glance says "any language".
const EXAMPLE_LANGUAGES = ["es", "ja", "ar", "de", "hi", "fr", "zh", "ru", "pt", "ko", "tr", "vi", "en"];

let chosen = saved();      // picked by hand, "" = automatic
let spoken = "";           // what the conversation is in
let picks = 0;
let lastPick = "";         // id of the last reply that was asked for in another language
// A page that shows the chat in a frame says its own language in the address.
const wanted = new URLSearchParams(location.search).get("language") || "";
const browser = firstServed([wanted, ...(navigator.languages || [navigator.language])]);

function saved() {
  try {
    const code = localStorage.getItem(SAVED_LANGUAGE);
    return code in languages ? code : "";
  } catch { return ""; }   // storage can be forbidden
}

function firstServed(tags) {
  const codes = tags.map((tag) => tag.toLowerCase().split("-")[0]).map((code) => (code === "in" ? "id" : code));
  return codes.find((code) => code in languages) || "";
}

function pageLanguage() { return chosen || spoken || browser || "en"; }

function text(key) { return languages[pageLanguage()].texts[key]; }

function wordPage() {
  const code = pageLanguage();
  document.documentElement.lang = code;
  // On the page too: gradio sets "ltr" on the block around it.
  document.documentElement.dir = page.dir = languages[code].rtl ? "rtl" : "ltr";
  document.title = `${text("page_title")} · Anytongue`;
  wordNodes(page);
  find(".at-quality").href = `quality?language=${code}`;
  input.placeholder = text("input_placeholder");
  fit();
  select.value = chosen;
  showExamples();
}

function wordNodes(root) {
  for (const node of [root, ...root.querySelectorAll("[data-text]")]) {
    if (node.dataset.text) node.textContent = text(node.dataset.text);
  }
  for (const node of [root, ...root.querySelectorAll("[data-label]")]) {
    if (!node.dataset.label) continue;
    node.setAttribute("aria-label", text(node.dataset.label));
    if (node.tagName === "BUTTON") node.title = text(node.dataset.label);
  }
}

function choose(code) {
  chosen = code in languages ? code : "";
  try { localStorage.setItem(SAVED_LANGUAGE, chosen); } catch { /* it then lasts until the page is closed */ }
  wordPage();
  const last = log.lastElementChild;
  if (last && last.dataset.kind && !last.classList.contains("at-restored") && !waiting) {
    last.setAttribute("aria-busy", "true");
    lastPick = `${lastId}.${++picks}`;
    trigger("reword", { id: lastPick, ...context() });
  }
}

function showExamples() {
  const own = pageLanguage();
  const picked = (languages[own].examples || []).map((question) => [own, question]);
  for (const code of EXAMPLE_LANGUAGES) {
    const question = code !== own && languages[code].examples && languages[code].examples[0];
    if (question && picked.length < EXAMPLE_COUNT) picked.push([code, question]);
  }
  find(".at-examples").hidden = !picked.length;
  find(".at-chips").replaceChildren(...picked.map(([code, question]) => {
    const chip = make("button", "at-chip", question, code);
    chip.dataset.do = "example";
    const item = document.createElement("li");
    item.append(chip);
    return item;
  }));
}

