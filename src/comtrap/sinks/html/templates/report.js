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

  // What a link points at is made, opened, and then shown.
  let bring = () => {};
  const reveal = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { /* then it is taken as it stands */ }
    if (!id) return;
    bring(id);
    let node = byId(id);
    if (!node) return;
    const target = node;
    for (; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      if (node.hidden) node.hidden = false;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);

  if (!data.entries.length) return;

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

  const severity = (node, level, text) => make("span", text || words[level][0].toUpperCase() + words[level].slice(1), node, `sev ${words[level]}`);
  const clock = (time) => new Date(time).toISOString().slice(11, 23);
  const links = (before, pairs, parent) => {
    const note = make("p", before, parent, "note");
    pairs.forEach(([title, anchor], n) => {
      if (n) note.append(", ");
      make("a", title, note).href = `#${anchor}`;
    });
    note.append(".");
  };

  // An event: the number of its fields' names, why, stage, time, path, place, then values. By name, what it says.
  const FIRST_VALUE = 6;
  const namesOf = (event) => data.shapes[event[0]].map((name) => texts[name]);
  const saying = (event) => new Map(namesOf(event).map((name, n) => [name, texts[event[FIRST_VALUE + n]]]));
  const whyOf = (event) => ({ said: data.whys[event[1]][0], wanted: new Map(data.whys[event[1]][1].map(([name, of]) => [texts[name], of])) });
  // What people look at first: word, field, value, as far as the event has it; no value twice.
  const picked = (says) => {
    const seen = new Set();
    const out = [];
    for (const [word, names] of data.fields) {
      const having = names.filter((name) => says.get(name));
      const value = word === "user" ? having.map((name) => says.get(name)).join("\\") : having.length ? says.get(having[0]) : "";
      if (!value || seen.has(value.slice(0, 400))) continue;
      seen.add(value.slice(0, 400));
      out.push([word, word === "user" ? names[names.length - 1] : having[0], value]);
    }
    return out;
  };
  const MARKS = 12, LINE = 140;
  const marked = (text, wanted, parent) => {
    let at = 0;
    if (wanted && wanted.length) {
      const options = new RegExp(wanted.map((one) => one.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "giu");
      let count = 0;
      for (const found of text.matchAll(options)) {
        if (count === MARKS) break;
        count += 1;
        parent.append(text.slice(at, found.index));
        make("mark", found[0], parent);
        at = found.index + found[0].length;
      }
    }
    parent.append(text.slice(at));
  };
  const lineOf = (event) => {
    const found = new Map(picked(saying(event)).map(([word, , value]) => [word, value]));
    const text = found.get(data.telling.find((word) => found.has(word))) || "";
    if (text.length <= LINE) return text;
    const low = text.toLowerCase();
    const pieces = [...whyOf(event).wanted.values()].flat().sort((one, other) => other.length - one.length);
    const at = pieces.map((piece) => low.indexOf(piece.toLowerCase())).find((where) => where >= 0) || 0;
    const start = Math.max(0, Math.min(at - 60, text.length - LINE));
    return (start ? "…" : "") + text.slice(start, start + LINE) + (start + LINE < text.length ? "…" : "");
  };

  const eventsOf = (n) => data.entries[n][4];
  const staged = (events) => new Set(events.map((event) => event[2])).size > 1;
  const fillFields = (box) => {
    const [, , , , events, cut] = data.entries[numberOf(box)];
    if (cut) make("p", "Not all are here, for lack of room; --format ndjson has them.", box, "note");
    events.forEach((event, number) => {
      if (events.length > 1) make("h5", `Event ${number + 1}`, box);
      const list = make("dl", "", box, "values long");
      for (const [name, value] of saying(event)) {
        make("dt", name, list);
        make("dd", value, list);
      }
    });
  };
  const fillBody = (entry) => {
    const n = Number(entry.dataset.n);
    const [, , , , events, , more] = data.entries[n];
    const body = entry.querySelector(".body");
    const many = staged(events);
    if (!events.length) make("p", "What it rests on is left out for lack of room; --format ndjson has it.", body, "note");
    for (const event of events) {
      const says = saying(event);
      const { said, wanted } = whyOf(event);
      const head = make("div", many ? `Stage ${event[2]} · ` : "", body, "stage");
      make("span", clock(event[3]), head, "num");
      head.append(" ");
      make("span", says.get("comtrap.source") || "", head, "quiet");
      if (said.length) {
        const list = make("ul", "", body, "why");
        list.setAttribute("aria-label", "Clauses that held");
        for (const clause of said) make("li", texts[clause], list);
      }
      const list = make("dl", "", body, "values");
      const taken = new Set();
      for (const [word, name, value] of picked(says)) {
        for (const own of word === "user" ? ["user.name", "user.domain"] : [name]) taken.add(own);
        make("dt", word, list).title = name;
        marked(value, wanted.get(name), make("dd", "", list));
      }
      for (const [name, of] of wanted) {
        if (taken.has(name) || name.startsWith("event.") || !says.get(name)) continue;
        make("dt", name, list).title = name;
        marked(says.get(name), of, make("dd", "", list));
      }
      make("dt", "record", list);
      make("dd", `${texts[event[4]]} ${texts[event[5]]}`, list);
    }
    const [notes, objects, again] = more || [[], [], []];
    for (const note of notes) make("p", texts[note], body, "note");
    if (objects.length) links("Names ", objects.map((object) => data.objects[object]), body);
    if (again.length) {
      const where = make("details", "", body, "more");
      make("summary", "Where else", where);
      const list = make("ul", "", where);
      for (const [time, path] of again) make("li", `${new Date(time).toISOString().replace("T", " ").slice(0, 23)} ${texts[path]}`, list, "line");
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
  const fillNext = (next) => {
    const told = stories[Number(next.closest(".story").id.slice(1)) - 1];
    const rules = told.rules.map((n) => data.rules[n]);
    links("How to tell whether it is real, and what to do then: ", rules.map((rule) => rule.slice(1, 3)), next);
    const list = told.questions.length ? make("ol", "", next) : null;
    for (const [form, ...values] of told.questions) {
      const [title, query] = data.forms[form].map((text) => text.replace(/\$(\d)/g, (_, n) => texts[values[n]]));
      const item = make("li", title, list);
      const ask = make("div", "", item, "ask");
      make("pre", query, ask);
      make("button", "Copy", ask, "small copy").type = "button";
    }
    const hunts = [...new Set(rules.flatMap((rule) => rule[4]))].sort((one, other) => one - other);
    if (hunts.length) links("Wider hunts: ", hunts.map((n) => data.hunts[n]), next);
  };
  const makeEntry = (item, parent) => {
    const entry = make("details", "", parent, "entry made");
    entry.id = `a-${item.anchor}`;
    entry.dataset.n = item.n;
    const head = make("summary", "", entry);
    make("time", clock(item.time), head);
    const said = make("span", "", head, "rules");
    for (const rule of item.rules) {
      const one = make("span", "", said);
      make("span", data.rules[rule][1], one, "name");
      severity(one, data.rules[rule][0]);
    }
    const events = eventsOf(item.n);
    const line = events.length ? lineOf(events[events.length - 1]) : "";
    if (line) make("span", line, said, "line");
    if (item.more > 0) make("span", `${item.more.toLocaleString("en")} more like this`, said, "quiet");
    make("div", "", entry, "body");
  };
  const makeStory = (story) => {
    const node = make("section", "", hosts[story.host].node, "story");
    node.id = `s${story.place + 1}`;
    node.setAttribute("aria-labelledby", `${node.id}-t`);
    const when = make("div", "", node, "when");
    severity(when, story.severity);
    const began = new Date(story.began).toISOString();
    make("time", began.slice(11, 23), when).dateTime = began;
    make("span", began.slice(0, 10) + (texts[story.span] ? `, within ${texts[story.span]}` : ""), when);
    make("br", "", when);
    make("span", counted(story.members.reduce((sum, item) => sum + item.count, 0), "alert"), when);
    const column = make("div", "", node);
    make("h4", data.rules[story.title][1], column).id = `${node.id}-t`;
    make("div", [...new Set(story.rules.flatMap((rule) => data.rules[rule][3]))].map((n) => data.techniques[n]).join(" · "), column, "tech");
    if (story.roots.length) {
      const tree = make("ul", "", column, "tree");
      tree.setAttribute("aria-label", "Processes and COM objects");
      for (const root of story.roots) drawNode(root, tree);
      if (story.undrawn) make("p", `${story.undrawn.toLocaleString("en")} more are not drawn.`, column, "note");
    }
    for (const item of story.members) makeEntry(item, column);
    make("summary", "What to do next", make("details", "", column, "more next made"));
    return node;
  };
  const filled = new WeakSet();
  const fill = (box) => {
    if (filled.has(box)) return;
    filled.add(box);
    if (box.matches("details.fields")) fillFields(box);
    if (box.matches("details.entry.made")) fillBody(box);
    if (box.matches("details.next.made")) fillNext(box);
  };
  document.addEventListener("toggle", (event) => { if (event.target.open) fill(event.target); }, true);

  // Entries in numbers, so that filters and the timeline touch no text.
  for (const node of document.querySelectorAll("#alerts noscript")) node.remove();
  const items = data.entries.map(([rules, times, count, anchor], n) => ({
    n, rules, times, count, anchor, host: 0, visible: true, time: 0, more: count - rules.length,
    techniques: new Set(rules.flatMap((rule) => data.rules[rule][3])),
    severity: Math.max(...rules.map((rule) => data.rules[rule][0])),
  }));
  const hosts = [...document.querySelectorAll("section.onhost")].map((node) => ({ node, stories: [] }));
  // Stories in the order of the page. Those without a node are made when they come into view.
  const stories = data.stories.map(([host, from, size, title, began, span, roots, undrawn, questions], place) => {
    const members = items.slice(from, from + size);
    for (const item of members) item.host = host;
    const story = {
      place, host, members, title, began, span, roots, undrawn, questions,
      rules: [...new Set(members.flatMap((item) => item.rules))].sort((one, other) => one - other),
      severity: Math.max(...members.map((item) => item.severity)), made: title !== undefined,
      node: title === undefined ? byId(`s${place + 1}`) : null, visible: true,
    };
    hosts[host].stories.push(story);
    return story;
  });
  const storyOf = (n) => {
    let [low, high] = [0, stories.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (data.stories[middle][1] <= n) low = middle; else high = middle - 1;
    }
    return stories[low];
  };
  for (const item of items) {
    const events = eventsOf(item.n);
    item.time = events.length ? Math.max(...events.map((event) => event[3])) : item.times[0];
  }
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
    const when = () => items.map((item) => item.times.map((time) => new Date(time).toISOString().replace("T", " ")).join(" "));
    low = low || { texts: joined(texts.map((text) => text.toLowerCase())), when: joined(when()) };
    return low;
  };
  const has = (name, word) => name.toLowerCase().includes(word);
  const known = new Map(); // words that were looked for, with the entries that have them
  const holding = (word) => {
    if (known.has(word)) return known.get(word);
    const found = having(lowered().texts, word);
    const held = /^[-:.0-9]+$/.test(word) ? having(low.when, word) : new Uint8Array(items.length);
    const rules = data.rules.map(([, name, , techniques]) => has(name, word) || techniques.some((n) => has(data.techniques[n], word)));
    const names = data.hosts.map((name) => has(name, word));
    const whys = data.whys.map(([said]) => said.some((one) => found[one]));
    const objects = data.objects.map(([name]) => has(name, word));
    const around = ([, names, again]) => names.some((one) => objects[one]) || again.some(([, where]) => found[where]);
    const holds = (event) => {
      if (whys[event[1]] || found[event[4]] || found[event[5]]) return true;
      for (let at = FIRST_VALUE; at < event.length; at += 1) if (found[event[at]]) return true;
      return false;
    };
    for (const item of items) {
      if (!held[item.n] && (names[item.host] || item.rules.some((rule) => rules[rule])
        || eventsOf(item.n).some(holds) || around(data.entries[item.n][6] || [[], [], []]))) held[item.n] = 1;
    }
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
    (want.technique === "" || item.techniques.has(Number(want.technique)));
  const within = (item) => item.times.some((time) => time >= span[0] && time <= span[1]);

  // Of a long list only the beginning has elements; the rest follows while the browser is idle, or when it is scrolled to.
  const AT_ONCE = 40, WHEN_IDLE = 400;
  let limit = AT_ONCE, left = 0, idle = 0;
  const later = window.requestIdleCallback || ((task) => setTimeout(task, 30));
  const arrange = () => {
    let count = 0;
    for (const { node, stories: own } of hosts) {
      let at = node.firstElementChild.nextElementSibling;
      let any = false;
      for (const story of own) {
        const there = story.visible && count < limit;
        if (story.visible) { any = true; count += 1; }
        if (!there) {
          if (!story.node || !story.node.isConnected) continue;
          if (at === story.node) at = at.nextElementSibling;
          if (story.made) story.node.remove(); else story.node.hidden = true;
          continue;
        }
        story.node = story.node || makeStory(story);
        if (at === story.node) at = at.nextElementSibling; else node.insertBefore(story.node, at);
        story.node.hidden = false;
        const entries = story.node.querySelectorAll("details.entry");
        story.members.forEach((item, n) => { entries[n].hidden = !item.visible; });
      }
      node.hidden = !any || count - own.filter((story) => story.visible).length >= limit;
    }
    left = count - limit;
    byId("more").hidden = left <= 0;
    byId("more").textContent = `Show more: ${Math.max(0, left).toLocaleString("en")} stories`;
  };
  const further = (size) => { limit += size; arrange(); };
  const whenIdle = () => {
    const turn = idle += 1;
    const step = () => {
      if (turn !== idle || left <= 0 || limit >= WHEN_IDLE) return;
      further(AT_ONCE);
      later(step);
    };
    setTimeout(() => later(step), 400); // not while somebody types
  };
  byId("more").addEventListener("click", () => further(AT_ONCE * 5));
  new IntersectionObserver((seen) => { if (left > 0 && seen.some((one) => one.isIntersecting)) further(AT_ONCE); }, { rootMargin: "1500px" }).observe(byId("more"));

  let shown = [];
  const total = items.reduce((sum, item) => sum + item.count, 0);
  const apply = () => {
    const want = wanted();
    shown = [];
    let count = 0;
    for (const item of items) {
      const kept = passes(item, want) && want.found(item);
      if (kept) shown.push(item);
      item.visible = kept && within(item);
      if (item.visible) count += item.count;
    }
    for (const story of stories) story.visible = story.members.some((item) => item.visible);
    limit = AT_ONCE;
    arrange();
    whenIdle();
    byId("none").hidden = count > 0;
    byId("count").textContent = count === total ? `${total.toLocaleString("en")} alerts`
      : `${count.toLocaleString("en")} of ${total.toLocaleString("en")} alerts`;
    draw();
  };
  const byAnchor = new Map(items.map((item) => [`a-${item.anchor}`, item]));
  bring = (id) => {
    const item = byAnchor.get(id);
    const story = item ? storyOf(item.n) : /^s\d+$/.test(id) ? stories[Number(id.slice(1)) - 1] : null;
    if (!story) return;
    if (!(item ? item.visible : story.visible)) { form.reset(); span = [...whole]; apply(); }
    if (story.node && story.node.isConnected && !story.node.hidden) return;
    const before = stories.filter((one) => one.visible && one.place <= story.place).length;
    if (before > limit) further(before - limit);
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
      const said = dot.count === 1 ? data.rules[dot.item.rules[0]][1] : `${dot.count} entries`;
      shape("title", {}, node).textContent = `${iso(dot.time).replace("T", " ").slice(0, 23)} · ${said}`;
      node.addEventListener("click", () => { location.hash = `a-${dot.item.anchor}`; reveal(); });
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
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); };
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
    if (left > 0) further(left);
    const visible = [...document.querySelectorAll("details.entry")].filter((node) => !node.hidden && !node.closest("[hidden]"));
    if (visible.length > MOST_PRINTED) return;
    opened = visible.filter((node) => !node.open);
    for (const node of opened) { node.open = true; fill(node); }
  });
  addEventListener("afterprint", () => { for (const node of opened) node.open = false; opened = []; });

  apply();
  reveal();
})();
