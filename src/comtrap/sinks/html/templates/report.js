"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);

  // Light and dark: the reader's system decides until the button is used.
  const remembered = () => { try { return localStorage.getItem("comtrap-theme"); } catch { return null; } };
  const setTheme = (name) => {
    root.dataset.theme = name;
    try { localStorage.setItem("comtrap-theme", name); } catch { /* a file may not be allowed to keep anything */ }
  };
  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  byId("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    setTheme(dark ? "light" : "dark");
  });

  const copied = (button, done) => {
    const before = button.dataset.label || button.textContent;
    button.dataset.label = before;
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  };
  const copyBySelection = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy");
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const node = button.parentElement.querySelector("pre");
    const by = () => copied(button, copyBySelection(node));
    if (navigator.clipboard) navigator.clipboard.writeText(node.textContent).then(() => copied(button, true), by);
    else by();
  });

  // What a link points at is opened before it is shown.
  const reveal = () => {
    let node = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
    if (!node) return;
    const target = node;
    for (; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      if (node.hidden) node.hidden = false;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);

  const entries = [...document.querySelectorAll("details.entry")];
  if (!entries.length) return;

  const make = (tag, text, parent, kind) => {
    const node = document.createElement(tag);
    node.textContent = text;
    if (kind) node.className = kind;
    parent.append(node);
    return node;
  };
  const texts = data.texts;
  const words = { 99: "critical", 73: "high", 47: "medium", 21: "low" };
  const numberOf = (node) => Number(node.closest("details.entry").dataset.n);
  const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

  const fillFields = (box) => {
    const events = data.events[numberOf(box)];
    if (!events.length) make("p", "Left out for lack of room; --format ndjson has them.", box);
    events.forEach(([shape, ...values], number) => {
      if (events.length > 1) make("h5", `Event ${number + 1}`, box);
      const list = make("dl", "", box, "values long");
      values.forEach((value, at) => {
        make("dt", texts[data.shapes[shape][at]], list);
        make("dd", texts[value], list);
      });
    });
  };
  const marked = ([text, ...marks], parent) => {
    const characters = [...texts[text]]; // marks count characters, not halves of them
    let at = 0;
    for (let n = 0; n < marks.length; n += 2) {
      parent.append(characters.slice(at, marks[n]).join(""));
      at = marks[n] + marks[n + 1];
      make("mark", characters.slice(marks[n], at).join(""), parent);
    }
    parent.append(characters.slice(at).join(""));
  };
  const fillBody = (entry) => {
    const events = data.bodies[Number(entry.dataset.n)];
    if (!events) return;
    const body = entry.querySelector(".body");
    body.replaceChildren();
    body.className = "body";
    for (const [stage, time, source, why, fields, where] of events) {
      const head = make("div", stage ? `Stage ${stage} · ` : "", body, "stage");
      make("span", new Date(time).toISOString().slice(11, 23), head, "num");
      head.append(" ");
      make("span", texts[source], head, "quiet");
      if (why.length) {
        const list = make("ul", "", body, "why");
        list.setAttribute("aria-label", "Clauses that held");
        for (const clause of why) make("li", texts[clause], list);
      }
      const list = make("dl", "", body, "values");
      for (const [label, name, value] of fields) {
        make("dt", texts[label], list).title = texts[name];
        marked(value, make("dd", "", list));
      }
      make("dt", "record", list);
      make("dd", where.map((part) => texts[part]).join(""), list);
    }
    make("summary", "All fields", make("details", "", body, "more fields"));
  };
  const drawNode = ([kind, edge, folder, base, said, user, by, com, number, worst, hits, anchor, below], list) => {
    const item = make("li", "", list, com && texts[edge] ? "com" : "");
    const node = make("div", "", item, "node");
    if (texts[edge]) { make("span", texts[edge], node, "edge"); node.append(" "); }
    if (texts[kind] === "object") {
      const object = make(texts[anchor] ? "a" : "span", texts[base], node, "obj");
      if (texts[anchor]) object.href = `#${texts[anchor]}`;
    } else if (texts[kind] === "log") {
      make("span", `${texts[base]} log, no process named`, node, "dir");
    } else if (texts[kind] === "script") {
      make("b", "script", node);
    } else {
      if (texts[folder]) make("span", texts[folder], node, "dir text");
      make("bdi", texts[base], make("b", "", node));
    }
    if (number !== null) { node.append(" "); make("span", number, node, "pid"); }
    if (texts[user]) { node.append(" "); make("span", `as ${texts[user]}`, node, "pid"); }
    if (texts[by]) { node.append(" "); make("span", `started by ${texts[by]}`, node, "pid"); }
    if (worst) make("span", counted(hits, "alert"), node, `sev hitby ${words[worst]}`);
    if (texts[said]) make("span", texts[said], node, "said text");
    if (below.length) {
      const under = make("ul", "", item);
      for (const child of below) drawNode(child, under);
    }
  };
  const fillStory = (story) => {
    const told = data.stories[story.id];
    if (!told || story.dataset.filled) return;
    story.dataset.filled = "1";
    const [roots, questions, hunts, rules] = told;
    const column = story.querySelector("details.entry").parentElement;
    const tree = make("ul", "", column, "tree");
    tree.setAttribute("aria-label", "Processes and COM objects");
    for (const root of roots) drawNode(root, tree);
    column.prepend(tree);
    const next = make("details", "", column, "more next");
    make("summary", "What to do next", next);
    const linked = (before, pairs) => {
      const note = make("p", before, next, "note");
      pairs.forEach(([title, anchor], n) => {
        if (n) note.append(", ");
        make("a", title, note).href = `#${anchor}`;
      });
      note.append(".");
    };
    linked("How to tell whether it is real, and what to do then: ", rules.map((n) => data.rules[n].slice(1)));
    const list = make("ol", "", next);
    for (const [form, ...values] of questions) {
      const [title, query] = data.forms[form].map((text) => text.replace(/\$(\d)/g, (_, n) => texts[values[n]]));
      const item = make("li", title, list);
      const ask = make("div", "", item, "ask");
      make("pre", query, ask);
      make("button", "Copy", ask, "small copy").type = "button";
    }
    if (hunts.length) linked("Wider hunts: ", hunts.map((pair) => pair.map((n) => texts[n])));
  };
  const filled = new WeakSet();
  const fill = (box) => {
    if (filled.has(box)) return;
    filled.add(box);
    if (box.matches("details.fields")) fillFields(box);
    if (box.matches("details.lean")) { fillBody(box); fillStory(box.closest(".story")); }
  };
  document.addEventListener("toggle", (event) => { if (event.target.open) fill(event.target); }, true);

  // Entries in numbers, so that filters and the timeline touch no text.
  const items = data.entries.map(([host, rules, techniques, times, count], n) => ({
    n, host, rules, techniques, times, count, node: entries[n],
    severity: Math.max(...rules.map((rule) => data.rules[rule][0])),
    severities: new Set(rules.map((rule) => data.rules[rule][0])),
  }));
  const stories = [...document.querySelectorAll("section.story")].map((node) => ({
    node, members: [...node.querySelectorAll("details.entry")].map((entry) => items[Number(entry.dataset.n)]),
  }));
  const hosts = [...document.querySelectorAll("section.onhost")].map((node) => ({
    node, members: [...node.querySelectorAll("section.story")],
  }));
  const first = items.reduce((least, item) => Math.min(least, ...item.times.slice(0, 1)), Infinity);
  const last = items.reduce((most, item) => Math.max(most, ...item.times.slice(-1)), -Infinity);
  const margin = Math.max(1000, (last - first) * 0.02);
  const whole = [first - margin, last + margin];
  let span = [...whole];

  const form = document.querySelector(".filters form");
  // Texts in one, and where each begins: to search that takes a tenth of the time of searching each. None has a line's end.
  const joined = (lines) => {
    const starts = new Uint32Array(lines.length + 1);
    lines.forEach((line, n) => { starts[n + 1] = starts[n] + line.length + 1; });
    return { all: lines.join("\n"), starts };
  };
  const having = ({ all, starts }, word) => {
    const found = new Uint8Array(starts.length - 1);
    for (let n = 0, at = all.indexOf(word); at >= 0; at = all.indexOf(word, starts[n])) {
      while (starts[n + 1] <= at) n += 1;
      found[n] = 1;
      n += 1;
    }
    return found;
  };
  let low = null;
  const lowered = () => {
    const shown = () => items.map((item) => item.node.textContent.toLowerCase().replaceAll("\n", " "));
    low = low || { texts: joined(texts.map((text) => text.toLowerCase())), shown: joined(shown()) };
    return low;
  };
  const known = new Map(); // words that were looked for, with the entries that have them
  const holding = (word) => {
    if (known.has(word)) return known.get(word);
    const found = having(lowered().texts, word);
    const held = having(low.shown, word);
    const holds = (event) => event.some((one, at) => at > 0 && found[one]);
    items.forEach((item) => { if (!held[item.n] && data.events[item.n].some(holds)) held[item.n] = 1; });
    if (known.size > 40) known.clear();
    known.set(word, held);
    return held;
  };
  const finder = (sought) => {
    const held = sought.map(holding);
    return (item) => held.every((one) => one[item.n]);
  };

  const wanted = () => {
    const said = new FormData(form);
    return {
      severities: new Set(said.getAll("severity").map(Number)),
      host: said.get("host"), rule: said.get("rule"), technique: said.get("technique"),
      found: finder((said.get("text") || "").toLowerCase().split(/\s+/).filter(Boolean)),
    };
  };
  const passes = (item, want) =>
    item.rules.some((rule) => want.severities.has(data.rules[rule][0]) && (want.rule === "" || Number(want.rule) === rule)) &&
    (want.host === "" || Number(want.host) === item.host) &&
    (want.technique === "" || item.techniques.includes(Number(want.technique)));
  const within = (item) => item.times.some((time) => time >= span[0] && time <= span[1]);

  let shown = [];
  const apply = () => {
    const want = wanted();
    shown = [];
    let count = 0;
    for (const item of items) {
      const kept = passes(item, want) && want.found(item);
      if (kept) shown.push(item);
      const visible = kept && within(item);
      if (visible) count += item.count;
      if (item.node.hidden === visible) item.node.hidden = !visible;
      item.visible = visible;
    }
    for (const story of stories) story.node.hidden = !story.members.some((item) => item.visible);
    for (const host of hosts) host.node.hidden = host.members.every((story) => story.hidden);
    byId("none").hidden = count > 0;
    const total = items.reduce((sum, item) => sum + item.count, 0);
    byId("count").textContent = count === total ? `${total.toLocaleString("en")} alerts`
      : `${count.toLocaleString("en")} of ${total.toLocaleString("en")} alerts`;
    draw();
  };

  // Timeline: one row a host, alerts of one severity that would overlap as one dot.
  const svg = byId("chart");
  const NS = "http://www.w3.org/2000/svg";
  const ROWS = 12, ROW = 30, TOP = 8, FOOT = 26;
  const shape = (name, attributes, parent) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    parent.append(node);
    return node;
  };
  const iso = (time) => new Date(time).toISOString();
  const steps = [1, 5, 10, 50, 100, 500, 1e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 18e5, 36e5, 108e5, 216e5, 432e5, 864e5, 6048e5, 2592e6, 31536e6];
  const label = (time, step) => {
    const text = iso(time);
    if (step >= 864e5) return text.slice(0, 10);
    if (step >= 6e4) return text.slice(11, 16);
    return step >= 1e3 ? text.slice(11, 19) : text.slice(11, 23);
  };
  let plot = { left: 0, width: 1 };
  const order = [...hosts.keys()];
  const x = (time) => plot.left + (time - span[0]) / (span[1] - span[0]) * plot.width;
  const timeAt = (place) => span[0] + (place - plot.left) / plot.width * (span[1] - span[0]);

  let wide = svg.clientWidth; // kept, since to ask for it makes the browser lay out everything at once
  const draw = () => {
    const width = Math.max(280, wide || 800);
    const left = width < 560 ? 12 : 164;
    plot = { left, width: width - left - 14 };
    const rows = Math.min(ROWS, order.length);
    const narrow = width < 560;
    const height = TOP + rows * ROW + FOOT;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.replaceChildren();
    const step = steps.find((size) => (span[1] - span[0]) / size * 84 <= plot.width) || steps[steps.length - 1];
    for (let time = Math.ceil(span[0] / step) * step; time <= span[1]; time += step) {
      shape("line", { class: "tick", x1: x(time), x2: x(time), y1: TOP, y2: height - FOOT + 4 }, svg);
      const at = Math.min(Math.max(x(time), left + 14), width - 34);
      shape("text", { x: at, y: height - 8, "text-anchor": "middle" }, svg).textContent = label(time, step);
    }
    for (let row = 0; row < rows; row += 1) {
      const y = TOP + row * ROW + ROW / 2;
      shape("line", { class: "rail", x1: left, x2: width - 14, y1: y, y2: y }, svg);
      const others = row === rows - 1 && order.length > rows;
      const name = others ? `${order.length - rows + 1} more hosts` : data.hosts[order[row]];
      const text = shape("text", { class: "host", x: narrow ? left : 0, y: narrow ? y - 8 : y + 4 }, svg);
      text.textContent = name.length > 20 ? `${name.slice(0, 19)}…` : name;
      shape("title", {}, text).textContent = name;
    }
    const bins = new Map();
    for (const item of shown) {
      const row = Math.min(item.host, rows - 1);
      for (const time of item.times) {
        if (time < span[0] || time > span[1]) continue;
        const key = `${row} ${Math.round(x(time) / 7)} ${item.severity}`;
        const bin = bins.get(key);
        if (bin) { bin.count += 1; } else bins.set(key, { row, severity: item.severity, time, count: 1, item });
      }
    }
    const dots = [...bins.values()].sort((one, other) => one.severity - other.severity);
    for (const dot of dots) {
      const size = Math.min(9, 4 + Math.log2(dot.count));
      const node = shape("circle", {
        class: `dot ${words[dot.severity] || "low"}`, cx: x(dot.time), cy: TOP + dot.row * ROW + ROW / 2, r: size,
      }, svg);
      const said = dot.count === 1 ? dot.item.node.querySelector(".name").textContent : `${dot.count} entries`;
      shape("title", {}, node).textContent = `${iso(dot.time).replace("T", " ").slice(0, 23)} · ${said}`;
      node.addEventListener("click", () => { location.hash = dot.item.node.id; reveal(); });
    }
    byId("range").textContent = `${iso(span[0]).slice(0, 19).replace("T", " ")} to ${iso(span[1]).slice(0, 19).replace("T", " ")} UTC`;
  };

  const look = (from, until) => {
    const size = Math.min(Math.max(until - from, 20), whole[1] - whole[0]);
    const start = Math.min(Math.max(from, whole[0]), whole[1] - size);
    span = [start, start + size];
    apply();
  };
  const zoom = (factor, middle = (span[0] + span[1]) / 2) => {
    look(middle - (middle - span[0]) * factor, middle + (span[1] - middle) * factor);
  };
  const move = (share) => look(span[0] + (span[1] - span[0]) * share, span[1] + (span[1] - span[0]) * share);
  const acts = { in: () => zoom(0.5), out: () => zoom(2), left: () => move(-0.5), right: () => move(0.5), all: () => look(...whole) };
  document.querySelector("#timeline .strip").addEventListener("click", (event) => {
    const act = acts[event.target.dataset.zoom];
    if (act) act();
  });
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event.offsetX));
  }, { passive: false });
  let drag = null;
  const place = (event) => Math.min(Math.max(event.clientX - svg.getBoundingClientRect().left, plot.left), plot.left + plot.width);
  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType !== "touch") drag = { from: place(event), mark: null };
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const now = place(event);
    if (!drag.mark && Math.abs(now - drag.from) > 4) {
      drag.mark = shape("rect", { class: "drag", y: TOP, height: svg.clientHeight - TOP - FOOT }, svg);
    }
    if (drag.mark) {
      drag.mark.setAttribute("x", Math.min(now, drag.from));
      drag.mark.setAttribute("width", Math.abs(now - drag.from));
    }
  });
  addEventListener("pointerup", (event) => {
    const done = drag;
    drag = null;
    if (!done || !done.mark) return;
    const [from, until] = [done.from, place(event)].sort((one, other) => one - other);
    look(timeAt(from), timeAt(until));
  });

  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); };
  form.addEventListener("input", (event) => (event.target.name === "text" ? soon() : apply()));
  form.elements.text.addEventListener("focus", lowered);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { span = [...whole]; apply(); }));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-technique]");
    if (!button) return;
    form.elements.technique.value = button.dataset.technique;
    apply();
    byId("alerts").scrollIntoView();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    form.elements.text.focus();
  });
  new ResizeObserver(() => {
    if (svg.clientWidth === wide) return;
    wide = svg.clientWidth;
    draw();
  }).observe(svg);

  // Paper has no details to open; of a long report only what is open is printed whole.
  const MOST_PRINTED = 400;
  let opened = [];
  addEventListener("beforeprint", () => {
    const visible = items.filter((item) => item.visible);
    if (visible.length > MOST_PRINTED) return;
    opened = visible.map((item) => item.node).filter((node) => !node.open);
    for (const node of opened) { node.open = true; fill(node); }
  });
  addEventListener("afterprint", () => { for (const node of opened) node.open = false; opened = []; });

  apply();
  reveal();
})();
