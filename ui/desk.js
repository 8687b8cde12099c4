// The desk in the browser: checks a draft while it is written, drag and drop, progress, reading parity files.
// Every page works without it. What comes from the server as HTML was escaped there; all else goes in as text.

const CHECK_AFTER_MS = 700;   // of no typing
const ASK_PROGRESS_MS = 600;
const byId = (id) => document.getElementById(id);

// ---------------------------------------------------------------- writing an answer

const writing = document.querySelector("form[data-check]");
if (writing) {
  let timer = 0;
  let running = null;

  const check = async () => {
    if (!byId("heading").value.trim() || !byId("text").value.trim()) return;
    if (running) running.abort();
    running = new AbortController();
    const mine = running;
    const before = ticks();
    writing.dataset.busy = "";
    byId("checking").hidden = false;
    try {
      const response = await fetch(writing.dataset.check, {
        method: "POST", body: new URLSearchParams(new FormData(writing)), headers: { "X-Fragment": "1" },
        signal: mine.signal, redirect: "error",
      });
      byId("logged-out").hidden = response.status !== 401;
      if (response.ok && mine === running) show(await response.text(), before);
    } catch { /* a newer check took over, or the network is gone: the button still works */ }
    if (mine === running) {
      delete writing.dataset.busy;
      byId("checking").hidden = true;
    }
  };

  // The list is replaced as a whole: ticks made meanwhile and the focus are put back.
  const ticks = () => new Map([...writing.querySelectorAll("[name=question]")].map((box) => [box.value, box.checked]));
  const show = (html, before) => {
    const focused = writing.contains(document.activeElement) && document.activeElement.name === "question"
      ? document.activeElement.value : null;
    const now = ticks();
    byId("results").innerHTML = html;
    for (const box of writing.querySelectorAll("[name=question]")) {
      if (now.get(box.value) !== before.get(box.value)) box.checked = now.get(box.value);
      if (box.value === focused) box.focus();
    }
  };

  const soon = () => { clearTimeout(timer); timer = setTimeout(check, CHECK_AFTER_MS); };
  writing.addEventListener("input", soon);
  writing.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.formAction.endsWith("check-answer")) {
      event.preventDefault();
      clearTimeout(timer);
      check();
    }
  });
}

// ---------------------------------------------------------------- a draft outlives its page and its session

const DRAFT = "anytongue-desk-draft-";   // and the number of the question that names the gap

// Browsers may forbid a page to keep anything, or have no room left.
const inBrowser = (work) => { try { return work(localStorage); } catch { return null; } };

if (writing) {
  const key = DRAFT + writing.elements.gap.value;
  const fields = ["kind", "heading", "text"];
  const keep = () => inBrowser((store) => store.setItem(key, JSON.stringify(
    Object.fromEntries(fields.map((name) => [name, writing.elements[name].value])))));
  // A gap that has grown may be named by another of its questions than when the draft was kept.
  const keys = [key, ...writing.dataset.questions.split(",").map((number) => DRAFT + number)];
  const keptAt = inBrowser((store) => keys.find((name) => store.getItem(name)));
  const kept = inBrowser((store) => JSON.parse(store.getItem(keptAt)));

  // A draft that came back from the server is the newer one.
  if (kept && kept.text && !byId("text").value) {
    for (const name of fields) writing.elements[name].value = kept[name];
    byId("kept").hidden = false;
    writing.dispatchEvent(new Event("input"));
  }
  if (keptAt && keptAt !== key) {
    keep();
    inBrowser((store) => store.removeItem(keptAt));
  }
  writing.addEventListener("input", keep);
  byId("kept").querySelector("button").addEventListener("click", () => {
    inBrowser((store) => store.removeItem(key));
    location.replace(`gap?q=${writing.elements.gap.value}`);   // ticks and results were those of the draft
  });
}

const published = document.querySelector("[data-published-for]");
if (published) inBrowser((store) => store.removeItem(DRAFT + published.dataset.publishedFor));

// ---------------------------------------------------------------- uploads

for (const drop of document.querySelectorAll(".dk-drop")) {
  const input = drop.querySelector("input[type=file]");
  const problem = drop.querySelector("[role=alert]");

  const tooLarge = () => {
    const limit = Number(drop.dataset.maxBytes);
    const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
    problem.hidden = size <= limit;
    problem.textContent = problem.hidden ? ""
      : `These files are ${Math.ceil(size / 1048576)} MB; ${Math.floor(limit / 1048576)} MB are the limit of one upload.`;
    return !problem.hidden;
  };

  input.addEventListener("change", tooLarge);
  drop.addEventListener("submit", (event) => { if (tooLarge()) event.preventDefault(); });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("dk-over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("dk-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("dk-over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    if (!tooLarge()) drop.requestSubmit();
  });
}

// ---------------------------------------------------------------- progress

const followJob = async () => {
  const job = byId("job");
  if (!job || !("running" in job.dataset)) return;
  try {
    const state = await (await fetch("job", { redirect: "error" })).json();
    if (!state.running) { location.assign("documents"); return; }   // the list has changed too
    job.outerHTML = state.html;
  } catch { /* asked again below */ }
  setTimeout(followJob, ASK_PROGRESS_MS);
};
setTimeout(followJob, ASK_PROGRESS_MS);

// ---------------------------------------------------------------- charts wider than the screen

for (const chart of document.querySelectorAll("[data-from-end]")) chart.scrollLeft = chart.scrollWidth;

// ---------------------------------------------------------------- parity files

const files = byId("parity-files");
if (files) {
  const groups = new Map();   // id -> its lines

  const name = (lines) => {
    const english = lines.find((line) => line.entry.language === "en") || lines[0];
    return `${english.entry.question} (${lines.length})`;
  };

  files.addEventListener("change", async () => {
    groups.clear();
    for (const file of files.files) {
      for (const text of (await file.text()).split("\n")) {
        try {
          const entry = JSON.parse(text);
          if (entry && typeof entry.question === "string") {
            if (!groups.has(entry.id)) groups.set(entry.id, []);
            groups.get(entry.id).push({ entry, text: text.trim() });
          }
        } catch { /* the server says what is wrong with lines that are pasted */ }
      }
    }
    byId("pick").replaceChildren(...[...groups].map(([id, lines]) => new Option(name(lines), id)));
    byId("pick-label").hidden = !groups.size;
    fill();
  });

  const fill = () => {
    const [, lines] = [...groups][byId("pick").selectedIndex] || [null, []];
    if (lines.length) byId("lines").value = lines.map((line) => `${line.text}`).join("\n");
  };
  byId("pick").addEventListener("change", fill);
  const results = byId("try-results");
  if (results) results.focus();
}
