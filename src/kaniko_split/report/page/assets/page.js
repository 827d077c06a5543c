"use strict";
(() => {
  const root = document.documentElement;
  const one = (query, within = document) => within.querySelector(query);
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const data = JSON.parse(one("#data").textContent);
  const boxes = all(".take");
  root.classList.add("script");
  for (const part of all(".tools, #filter, .fold, .buttons, #copy")) part.hidden = false;

  // What a reader set is kept where the browser allows it; a file opened from disk may have no storage.
  const kept = {
    get: (name) => { try { return localStorage.getItem(`kaniko-split.${name}`); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(`kaniko-split.${name}`, value); } catch { /* not kept */ } },
  };

  // Light and dark.
  const wantsDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : wantsDark.matches);
  const nameTheme = () => { one("#theme").textContent = isDark() ? "Light" : "Dark"; };
  if (["light", "dark"].includes(kept.get("theme"))) root.dataset.theme = kept.get("theme");
  nameTheme();
  wantsDark.addEventListener("change", nameTheme);
  one("#theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    kept.set("theme", root.dataset.theme);
    nameTheme();
  });

  // On a large page most parts are text until they come near the window, or until there is time.
  const waiting = new Set(all("script[type='text/html']").map((text) => text.parentElement));
  const write = (part) => {
    if (!waiting.delete(part)) return;
    part.innerHTML = part.firstElementChild.textContent;
    markOwned(part);
  };
  const coming = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      coming.unobserve(entry.target);
      for (const part of all(".graphs, .body, .diff", entry.target)) write(part);
    }
  }, { rootMargin: "1500px" });
  const whenIdle = window.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => 10 }), 50));
  const writeSome = (deadline) => {
    for (const part of waiting) {
      if (deadline.timeRemaining() < 4) break;
      write(part);
    }
    if (waiting.size) whenIdle(writeSome);
  };
  const writeAll = () => { for (const part of waiting) write(part); };
  addEventListener("beforeprint", writeAll);
  // What a link leads to may not have been written yet; a line is named after its file.
  const named = (id) => {
    const file = /^(p\d+f\d+)[on]\d+$/.exec(id ?? "");
    const diff = file && document.getElementById(`${file[1]}b`);
    if (diff) write(diff);
    return id ? document.getElementById(id) : null;
  };

  // Unified, or side by side: lines that stay are doubled when they come near the window.
  const nearby = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      nearby.unobserve(entry.target);
      write(entry.target);
      for (const run of all(".u", entry.target)) {
        const pairs = document.createElement("div");
        pairs.className = "pairs";
        const right = run.cloneNode(true);
        right.classList.add("right");
        for (const line of all("[id]", right)) { line.removeAttribute("id"); line.removeAttribute("tabindex"); line.classList.remove("lit"); }
        run.replaceWith(pairs);
        pairs.append(run, right);
      }
    }
  }, { rootMargin: "1000px" });
  const showBeside = (beside) => {
    root.classList.toggle("beside", beside);
    one("#beside").setAttribute("aria-pressed", beside);
    one("#unified").setAttribute("aria-pressed", !beside);
    kept.set("beside", beside);
    if (beside) for (const diff of all(".file > .diff:not(.seen)")) { diff.classList.add("seen"); nearby.observe(diff); }
  };
  one("#beside").addEventListener("click", () => showBeside(true));
  one("#unified").addEventListener("click", () => showBeside(false));
  if (kept.get("beside") === "true") showBeside(true);

  // Fold and open. What is folded is still found by the browser's own search.
  const fold = (button, open) => {
    button.setAttribute("aria-expanded", open);
    const body = document.getElementById(button.getAttribute("aria-controls"));
    if (open) body.removeAttribute("hidden"); else body.setAttribute("hidden", "until-found");
  };
  const isOpen = (button) => button.getAttribute("aria-expanded") === "true";
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".fold");
    if (button) fold(button, !isOpen(button));
  });
  document.addEventListener("beforematch", (event) => {
    const button = one(`[aria-controls="${event.target.id}"]`);
    if (button) fold(button, true);
  });

  // A link to a line opens what the line is folded into.
  const goTo = (id) => {
    const target = named(id);
    if (!target) return;
    for (const old of all(".lit")) old.classList.remove("lit");
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
      if (part.hasAttribute("hidden")) { const button = one(`[aria-controls="${part.id}"]`); if (button) fold(button, true); }
    }
    if (target.closest(".diff")) {
      target.classList.add("lit");
      target.tabIndex = -1;
    }
    target.scrollIntoView({ block: target.closest(".diff") ? "center" : "start" });
    target.focus({ preventScroll: true });
    const change = target.closest(".change");
    if (change) setCurrent(change);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const id = link.getAttribute("href").slice(1);
    history.replaceState(null, "", `#${id}`);
    goTo(id);
  });
  addEventListener("hashchange", () => goTo(location.hash.slice(1)));

  // Filters.
  const sections = all(".pipeline").map((part) => ({ part, files: part.dataset.files, changes: all(".change", part) }));
  const entries = new Map(all("[data-of]", one("nav")).map((part) => [part.dataset.of, part]));
  const changes = sections.flatMap((section) => section.changes);
  const isShown = (change) => !change.hidden;
  const filter = () => {
    const words = one("#by-file").value.toLowerCase();
    const verdicts = new Set(all("[name=verdict]:checked").map((box) => box.value));
    const code = one("#by-code")?.value ?? "";
    for (const { part, files, changes: own } of sections) {
      const byFile = files.toLowerCase().includes(words);
      for (const change of own) {
        const { verdict, job, code: has } = change.dataset;
        change.hidden = !((byFile || job.toLowerCase().includes(words)) && verdicts.has(verdict) && (!code || code === has));
        entries.get(change.id).hidden = change.hidden;
      }
      part.hidden = !own.some(isShown);
      entries.get(part.id).hidden = part.hidden;
    }
    const shown = changes.filter(isShown).length;
    one("#shown").textContent = `${shown} of ${changes.length} shown`;
    one("#none").hidden = shown > 0 || changes.length === 0;
  };
  one("#filter").addEventListener("input", filter);
  one("#filter").addEventListener("submit", (event) => event.preventDefault());
  one("#filters").addEventListener("click", () => {
    const open = one("#side").classList.toggle("open");
    one("#filters").setAttribute("aria-expanded", open);
  });
  filter();

  // The command line. One command means its jobs in all of its files, so files where different ones of those jobs
  // were chosen need commands of their own.
  // Jobs that share a script are split together or not at all.
  const take = (box, value) => {
    box.checked = value;
    for (const name of data.changes[box.dataset.of].together) {
      const other = document.getElementById(`${name}s`);
      if (other) other.checked = value;
    }
  };
  const compose = () => {
    const files = new Map();
    for (const box of boxes) {
      const { select, file: path } = data.changes[box.dataset.of];
      const file = files.get(path) ?? { path, all: new Set(), chosen: new Set() };
      file.all.add(select);
      if (box.checked) file.chosen.add(select);
      files.set(path, file);
    }
    const wanted = [...files.values()].filter((file) => file.chosen.size);
    const everything = [...files.values()].every((file) => file.all.size === file.chosen.size);
    const command = (selects, paths) => [data.program, ...selects, ...paths].join(" ");
    if (!wanted.length) return [];
    // What is on no disk of the reader's is cloned first, to where the paths lead.
    const clones = [...new Set(wanted.map((file) => data.clones[file.path]).filter(Boolean))];
    if (everything) return [...clones, command([], wanted.map((file) => file.path))];
    const union = new Set(wanted.flatMap((file) => [...file.chosen]));
    const exact = wanted.every((file) => [...file.all].every((select) => file.chosen.has(select) || !union.has(select)));
    if (exact) return [...clones, command(union, wanted.map((file) => file.path))];
    const groups = new Map();
    for (const file of wanted) {
      const key = [...file.chosen].sort().join(" ");
      groups.set(key, [...(groups.get(key) ?? []), file]);
    }
    const commands = [...groups.values()].map((group) => command(group[0].chosen, group.map((file) => file.path)));
    return [...clones, ...commands];
  };
  function markOwned(within) {
    const chosen = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.of));
    for (const run of all(".r[data-of]", within)) {
      run.classList.toggle("out", !run.dataset.of.split(" ").some((name) => chosen.has(name)));
    }
  }
  const update = () => {
    if (!boxes.length) return;
    for (const box of boxes) document.getElementById(box.dataset.of).classList.toggle("out", !box.checked);
    markOwned(document);
    one("#chosen").textContent = `${boxes.filter((box) => box.checked).length} of ${boxes.length}`;
    const lines = compose();
    one("#command").textContent = lines.length ? lines.join("\n") : "Nothing is chosen.";
    one("#copy").disabled = !lines.length;
  };
  const choose = (value) => {
    for (const box of boxes) {
      if (!value || isShown(document.getElementById(box.dataset.of))) take(box, value);
    }
    update();
  };
  document.addEventListener("change", (event) => { 
    if (!event.target.matches(".take")) return;
    take(event.target, event.target.checked);
    update();
  });
  if (boxes.length) {
    one("#all").addEventListener("click", () => choose(true));
    one("#nothing").addEventListener("click", () => choose(false));
    one("#copy").addEventListener("click", () => copy());
    update();
  }

  // Copying works from a file on disk too, where some browsers have no clipboard for scripts.
  const copyOldWay = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "quiet";
    area.setAttribute("aria-hidden", "true");
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus?.({ preventScroll: true });
    return done;
  };
  const copy = async () => {
    const button = one("#copy");
    if (!button || button.disabled) return;
    const text = one("#command").textContent;
    let done = false;
    try { await navigator.clipboard.writeText(text); done = true; } catch { done = copyOldWay(text); }
    if (!done) getSelection().selectAllChildren(one("#command"));
    one("#said").textContent = "";
    one("#said").textContent = done ? "The command is copied." : "The command is selected; copy it with Ctrl+C.";
    button.firstChild.data = done ? "Copied " : "Press Ctrl+C ";
    setTimeout(() => { button.firstChild.data = "Copy "; }, 1600);
  };

  // Keys.
  let current = null;
  const setCurrent = (change) => {
    if (current) { current.classList.remove("here"); entries.get(current.id).classList.remove("here"); }
    current = change;
    current.classList.add("here");
    entries.get(current.id).classList.add("here");
  };
  const step = (by) => {
    const shown = changes.filter(isShown);
    if (!shown.length) return;
    const at = current ? shown.indexOf(current) : -1;
    const next = shown[at < 0 && by < 0 ? shown.length - 1 : Math.min(Math.max(at + by, 0), shown.length - 1)];
    setCurrent(next);
    next.scrollIntoView({ block: "start" });
    next.focus({ preventScroll: true });
  };
  const help = one("#help");
  one("#help-button").addEventListener("click", () => help.showModal());
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    e: () => { if (current) { const button = one(".fold", current); fold(button, !isOpen(button)); } },
    E: () => { const buttons = all(".fold"); const open = !buttons.some(isOpen); for (const button of buttons) fold(button, open); },
    x: () => { const box = current && one(".take", current); if (box) { take(box, !box.checked); update(); } },
    c: () => copy(),
    s: () => showBeside(!root.classList.contains("beside")),
    "/": () => { one("#side").classList.add("open"); one("#by-file").focus(); },
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const typing = event.target.matches("select, textarea, input:not([type=checkbox])");
    if (typing) { if (event.key === "Escape") event.target.blur(); return; }
    if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });
  document.addEventListener("focusin", (event) => {
    const change = event.target.closest(".change");
    if (change && change !== current) setCurrent(change);
  });
  if (waiting.size) {
    for (const part of all(".pipeline")) coming.observe(part);
    whenIdle(writeSome);
  }
  if (location.hash) goTo(location.hash.slice(1));
})();
