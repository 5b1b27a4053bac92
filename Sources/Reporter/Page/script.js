"use strict";
// Draws the report from the JSON in #data. What comes from the roster or the service goes in as text, never as markup.
// The table holds only the rows in sight, so that 10,000 rows scroll like 30.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { summary } = data;

  // ---- Words and shapes ----
  // In the order of the bar; the names come with the data. The path draws a sign that says the same as the color, for those
  // who see no colors.
  const STATES = {
    done: { path: "M3 8.6l3.2 3.2L13 4.6" },
    // Done, but made otherwise than the roster asks: counted as done too.
    changed: { path: "M3 6h10M3 10h10M10.6 3L5.4 13" },
    failed: { path: "M4 4l8 8M12 4l-8 8" },
    invalid: { path: "M8 2.6l6 10.8H2zM8 6.8v2.8M8 11.5v.1" },
    in_doubt: { path: "M5.3 6a2.7 2.7 0 1 1 4 2.3c-.8.5-1.3 1-1.3 1.9M8 12.9v.1" },
    leased: { path: "M8 13V3.4M4 7.2l4-4 4 4" },
    ready: { path: "M8 3.4a4.6 4.6 0 1 0 0 9.2a4.6 4.6 0 1 0 0-9.2" },
    cancelled: { path: "M3.4 8h9.2" },
  };
  for (const state of Object.keys(STATES)) STATES[state].name = data.words.states[state] ?? state;
  // Rows that need a person come first when the table is sorted by state.
  const URGENCY = ["failed", "invalid", "changed", "in_doubt", "leased", "ready", "cancelled", "done"];
  const FILES = { done: "succeeded.csv", changed: "succeeded.csv", failed: "failed.csv", invalid: "failed.csv" };
  const fileOf = (state) => FILES[state] ?? "unprocessed.csv";
  const count = { ...summary.states, invalid: summary.invalidCount, changed: summary.changedCount ?? 0 };
  const unfinished = count.ready + count.leased + count.in_doubt;
  const present = Object.keys(STATES).filter((state) => count[state]);

  const int = (n) => n.toLocaleString("en-US");
  const rows = (n) => (n === 1 ? "1 row" : `${int(n)} rows`);
  const pick = (n, one, many) => (n === 1 ? one : many);
  const words = (reason) => reason.replaceAll("_", " ");
  const sum = (list) => list.reduce((a, b) => a + b, 0);

  function span(seconds) {
    if (seconds < 0.9995) return `${Number((seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0))} ms`;
    if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
    const whole = Math.round(seconds);
    const [d, h, m, s] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
    const parts = d ? [[d, "d"], [h, "h"]] : h ? [[h, "h"], [m, "min"]] : [[m, "min"], [s, "s"]];
    return parts.filter(([n]) => n).map((part) => part.join(" ")).join(" ");
  }

  // Times are shown as the files say them, in the offset of the machine that ran, not of the one that reads.
  const date = (rfc) => rfc.slice(0, 10);
  const clock = (rfc) => rfc.slice(11, 19);
  const moment = (rfc) => `${date(rfc)} ${clock(rfc)}`;
  const stretch = (from, to) => (to && to !== from ? `${moment(from)} – ${date(from) === date(to) ? clock(to) : moment(to)}` : moment(from));
  const offsetText = (summary.writtenAt.match(/[+-]\d\d:\d\d$/) ?? ["+00:00"])[0];
  const offset = (offsetText[0] === "-" ? -60 : 60) * (offsetText.slice(1, 3) * 60 + +offsetText.slice(4));

  // ---- Rows ----
  const [LINE, STATE, ACCOUNT, NAME, ID, REASON, MESSAGE, ATTEMPTS, FINISHED, CELLS, DIFFERS, SEEN] = Array(12).keys();
  data.rows.sort((a, b) => a[LINE] - b[LINE]);
  const titles = new Map(data.reasons.map(({ state, reason, title }) => [`${state} ${reason}`, title]));
  const titleOf = (row) => titles.get(`${row[STATE]} ${row[REASON]}`);
  const differs = (row) => row[DIFFERS] ?? [];
  const isChanged = (row) => row[STATE] === "done" && differs(row).length > 0;
  const difference = ([field, made, wanted]) => `${field}: ${made || "(none)"} → ${wanted || "(none)"}`;
  const clipped = (text, most) => (text.length > most ? `${[...text.slice(0, most)].slice(0, -1).join("")}…` : text);
  const signOf = (row) => (isChanged(row) ? "changed" : row[STATE]);
  const nameOf = (row) => (isChanged(row) ? `${STATES.done.name}, ${STATES.changed.name}` : STATES[row[STATE]].name);
  const isLike = (row, { state, reason }) => (!state || (state === "changed" ? isChanged(row) : row[STATE] === state)) &&
    (!reason || row[REASON] === reason);
  const accounts = new Set(data.rows.map((row) => row[ACCOUNT]).filter(Boolean));
  const seen = data.rows.map((row) => row[SEEN]).filter(Boolean).sort((a, b) => Date.parse(a) - Date.parse(b));
  const hasDays = new Set(data.rows.map((row) => date(row[FINISHED])).filter(Boolean)).size > 1;
  const inTable = {}; // Rows by state; of a large roster the page has only a part.
  for (const row of data.rows) {
    for (const state of isChanged(row) ? ["done", "changed"] : [row[STATE]]) inTable[state] = (inTable[state] ?? 0) + 1;
  }
  const said = (row) => row[MESSAGE] || titleOf(row) || "";

  // What the roster's columns hold: how many different values, and how many letters at most.
  const kinds = data.columns.map((_, c) => new Set(data.rows.map((row) => row[CELLS][c] ?? "")));
  const isSame = (c) => data.rows.length > 1 && kinds[c].size === 1;
  // On paper there is room for the columns that tell people apart, not for those that say the same in each row.
  const onPaper = data.columns.map((_, c) => c).filter((c) => kinds[c].size > 1).slice(0, 3);
  // What a person is known by besides the name of what was made: short, and nearly every row has another.
  const telling = onPaper.filter((c) => kinds[c].size > 0.7 * data.rows.length &&
    Math.max(...[...kinds[c]].slice(0, 500).map((value) => value.length)) <= 40).slice(0, 2);
  const personOf = (row) => {
    const cells = telling.map((c) => row[CELLS][c]).filter((cell) => cell && cell !== row[NAME]);
    return { head: row[NAME] || cells.shift() || `line ${int(row[LINE])}`, rest: cells.join(", ") };
  };

  // ---- Making elements ----
  function element(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (key === "state") node.dataset.state = value;
      else if (key === "act") node.addEventListener("click", value);
      else if (key in node && !key.includes("-")) node[key] = value;
      else node.setAttribute(key, value);
    }
    node.append(...children.flat(2).filter(Boolean));
    return node;
  }

  function drawn(tag, attributes = {}, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  const button = (className, act, ...children) => element("button", { type: "button", className, act }, ...children);
  const more = (text) => text && element("span", { className: "more" }, ` ${text}`);
  const bold = (n) => element("b", {}, int(n));
  const sign = (state) => drawn("svg", { class: "sign", viewBox: "0 0 16 16", "aria-hidden": "true" },
    drawn("path", { d: STATES[state].path }));
  /// Text in which commands and files stand between backticks.
  const prose = (text) => text.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));

  function reveal(id, ...children) {
    $(id).append(...children.filter(Boolean));
    $(id).hidden = false;
  }

  // ---- Headline, outcomes, facts, what to do ----
  function drawTop() {
    const file = summary.label.split("/").pop() || summary.label;
    $("eyebrow").textContent = `Rollcall · ${file} · batch ${summary.batch}`;
    const { headline, stopped, waited } = data.words;
    $("headline").textContent = stopped ?? headline;
    const ending = stopped?.match(/^(Stopped|Paused)\b/)?.[0];
    if (stopped) $("headline").className = ending === "Paused" ? "stopped paused" : "stopped";
    if (stopped) reveal("standing", headline);
    document.title = `${ending ? `${ending}, ` : ""}${int(count.done)} of ${int(summary.rowCount)} done · ${file} · Rollcall`;
    const stood = `Not finished. This page shows how it stood on ${date(summary.writtenAt)} at ${clock(summary.writtenAt)}; ` +
      `\`rollcall status ${summary.batch}\` tells how it stands now.`;
    if (unfinished) reveal("moment", ...prose(stood));
    const { startedAt: start, finishedAt: end, actualSeconds: actual, forecastSeconds: forecast, run } = summary;
    const took = [waited, forecast && `forecast ${span(forecast)}`].filter(Boolean).join("; ");
    const facts = [["Roster", summary.label], ["Endpoint", summary.endpoint],
      accounts.size === 1 && ["Account", [...accounts][0]], ["Imported", moment(summary.importedAt)],
      start && ["Sent", stretch(start, end)],
      actual ? ["Took", span(actual) + (waited ? "," : ""), took] : forecast && ["Forecast", span(forecast)],
      run?.endedAt && ["Last run", stretch(run.startedAt ?? run.endedAt, run.endedAt), `exit status ${run.status}`],
      seen.length > 0 && ["Last seen", seen[0] === seen.at(-1) ? moment(seen[0])
        : `${moment(seen[0])} or later`],
      ["Attempts", int(summary.attemptCount)], ["Page written", moment(summary.writtenAt), offsetText]];
    reveal("facts", ...facts.filter(Boolean).map(([term, value, note]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, value, more(note)))));
  }

  function drawOutcomes() {
    if (present.length === 0) return;
    const label = present.map((state) => `${int(count[state])} ${STATES[state].name}`).join(", ");
    const bar = element("div", { className: "bar", role: "img", "aria-label": label });
    // What is changed is done too, and takes its part of that.
    const part = { ...count, done: count.done - count.changed };
    for (const state of present.filter((state) => part[state] > 0)) {
      bar.appendChild(element("span", { state })).style.flexGrow = part[state];
    }
    const legend = element("ul", { className: "legend" }, ...present.map((state) => element("li", { state },
      element("span", { className: "swatch" }), sign(state), state === "changed" && "of them ", bold(count[state]),
      ` ${STATES[state].name}`)));
    reveal("outcomes", bar, legend);
    if (summary.adoptedCount) legend.firstChild.append(more(`(${int(summary.adoptedCount)} of them found and taken over)`));
  }

  function drawNext() {
    const { batch, goneCount } = summary;
    const check = count.in_doubt ? "; it asks the service about unknown answers first, so nothing is made twice" : "";
    const steps = [
      [unfinished, "unfinished", `if no run is under way, \`rollcall resume ${batch}\` goes on${check}.`],
      [count.changed, "changed", `they are there as they were made, and stay so. Put the old values back into the roster; or, if they were changed at the service by hand, \`rollcall adopt --differs --batch ${batch}\` looks again.`],
      [count.failed, "failed", `see below what each reason asks for, then \`rollcall retry ${batch}\` tries again.`],
      [count.invalid, "invalid", "mend the roster and run it again; what is done stays as it is."],
      [count.cancelled, "cancelled", `\`rollcall retry ${batch} --reason cancelled\` undoes that, if it was not meant.`],
      [goneCount, "gone from the roster", "in the one before, not in this one. Nothing was deleted; see `gone.csv`."],
    ].filter(([n]) => n);
    if (steps.length) reveal("next", element("ul", {}, ...steps.map(([n, what, advice]) =>
      element("li", {}, element("b", {}, `${int(n)} ${what}`), ...prose(`: ${advice}`)))));
  }

  /// Takes whoever reads from a reason to its rows: with the keyboard, the arrows go on from the first.
  function showRows(filter) {
    $("search").value = "";
    choose({ state: null, reason: null, ...filter, query: "" });
    $("rows").scrollIntoView();
    if (view.rows.length) moveTo(0);
  }

  /// The first few of a group by name, and a way to all others.
  function people(filter, n, open) {
    const own = data.rows.filter((row) => isLike(row, filter));
    // One name in the place of "and 1 more".
    const first = own.slice(0, n <= 4 ? 4 : 3);
    if (first.length === 0) return null;
    // What differs makes long lines: each then has one of its own.
    const isLong = filter.state === "changed";
    const names = first.map((row, i) => {
      const { head, rest } = personOf(row);
      const changes = isLong && clipped(differs(row).map(difference).join("; "), 140);
      const isLast = isLong || i === n - 1 || (i === first.length - 1 && n > first.length);
      return [button(isLong ? "person line" : "person", () => openDetail(row), element("b", {}, clipped(head, 60)),
        more(rest && `(${clipped(rest, 80)})`), more(changes), isLast ? "" : ","), " "];
    });
    return element("p", { className: "people" }, names,
      n > first.length && element("span", { className: "rest" }, "and ", button("show", open, `${int(n - first.length)} more`)));
  }

  const reasonItem = (n, open, ...why) => element("li", {}, element("span", { className: "number" }, int(n)),
    element("div", { className: "why" }, ...why), button("show", open, `Show ${rows(n)}`));

  function drawChanged() {
    if (!count.changed) return;
    const fields = new Map();
    for (const row of data.rows.filter(isChanged)) {
      for (const change of differs(row).map((each) => clipped(difference(each), 140))) fields.set(change, (fields.get(change) ?? 0) + 1);
    }
    const sorted = [...fields].sort(([, a], [, b]) => b - a);
    const open = () => showRows({ state: "changed" });
    const rest = sum(sorted.slice(5).map(([, n]) => n));
    reveal("changed", element("ul", { className: "reasons" }, reasonItem(count.changed, open,
      element("p", {}, ...prose(data.words.changed ?? "Each was made, and the roster asks for something else now: made → wanted.")),
      element("ul", { className: "said" }, ...sorted.slice(0, 5).map(([change, n]) =>
        element("li", {}, element("span", {}, change), n > 1 && element("b", {}, `\u00a0×\u00a0${int(n)}`))),
      rest > 0 && element("li", {}, `and ${int(rest)} other differences`)),
      people({ state: "changed" }, count.changed, open))));
  }

  function drawReasons() {
    // "Not sent" is what the bar has said already.
    const groups = data.reasons.filter(({ reason }) => reason !== "notSent").sort((a, b) => b.count - a.count);
    const list = (messages) => element("ul", { className: "said" }, ...messages.map(({ message, count: n }) =>
      element("li", {}, element("span", {}, message), n > 1 && element("b", {}, `\u00a0×\u00a0${int(n)}`))));
    const items = groups.map(({ state, reason, count: n, title, advice, messages }) => {
      const shown = messages.filter(({ message }) => message && message !== title).slice(0, 3);
      const open = () => showRows({ state, reason });
      return reasonItem(n, open, element("h3", {}, title), advice && element("p", {}, ...prose(advice)),
        shown.length > 0 && list(shown), people({ state, reason }, n, open));
    });
    $("reasons-title").textContent = data.words.reasonsTitle;
    if (items.length) reveal("reasons", element("ul", { className: "reasons" }, ...items));
  }

  // ---- Charts ----
  const text = (x, y, content, rest = {}) => drawn("text", { x, y, ...rest }, content);
  const rule = (className, d) => drawn("path", { class: className, d });
  const keyOf = (kind, content) => element("span", { className: `k ${kind}` }, content);
  const niceMax = (value, power = 10 ** Math.floor(Math.log10(value))) =>
    [1, 1.2, 1.4, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((n) => n * power >= value - 1e-9) * power;
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800];

  /// Draws at the width there is, so that letters keep their size on a telephone, and again when that changes.
  function chart(id, title, note, key, draw, ...after) {
    const box = element("div", { className: "plot" });
    reveal(id, element("figcaption", {}, element("h2", {}, title), element("p", {}, note)), box,
      element("p", { className: "key" }, ...key), ...after);
    let width = 0;
    new ResizeObserver(() => {
      const now = Math.max(260, box.clientWidth);
      // A printer's page is not a new width to draw for: the drawing scales there.
      if (matchMedia("print").matches || now === width) return;
      width = now;
      const height = id === "pace" && width > 480 ? 306 : 210;
      const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}. ${note}` });
      draw(svg, width, height);
      box.replaceChildren(svg);
    }).observe(box);
  }

  /// The horizontal lines of a scale from 0 to `max`.
  const scale = (max, y, left, right) => [0, max / 2, max].flatMap((value) => [
    rule(value ? "grid" : "axis", `M${left} ${y(value)}H${right}`),
    text(left - 6, y(value) + 4, int(Number(value.toPrecision(3))), { "text-anchor": "end" })]);

  function drawPace() {
    const { pace } = data;
    const total = sum(pace?.sent ?? []);
    if (total === 0) return;
    const [throttledCount, silentCount] = [pace.throttled, pace.unknown].map(sum);
    const duration = pace.sent.length * pace.bucketSeconds;
    const limits = pace.limit ?? [];
    const limit = Math.max(0, ...limits.map(({ perSecond }) => perSecond));
    const peak = Math.max(...pace.sent) / pace.bucketSeconds;
    // A limit far above what was sent would flatten the bars to nothing.
    const isLimitDrawn = limit > 0 && limit < peak * 2.5;
    const rate = (n) => `${Number(n.toPrecision(n < 10 ? 2 : 3))}/s`;
    const note = `${int(total)} sent in ${span(duration)}, ${rate(total / duration)} on average; ${throttledCount
      ? `the service asked ${pick(throttledCount, "once", `${int(throttledCount)} times`)} to slow down` : "never throttled"}.${pace.earlierCount
      ? ` ${int(pace.earlierCount)} sent in earlier runs are not drawn.` : ""}`;
    const key = [keyOf("sent", "sent"), throttledCount && keyOf("throttled", `throttled, ${int(throttledCount)}`),
      silentCount && keyOf("no-answer", `no answer, ${int(silentCount)}`), isLimitDrawn && keyOf("limit", "limit")];
    chart("pace", "Pace", note, key, (svg, width, height) => {
      const [left, right, top, floor] = [34, width - 4, 50, height - 22];
      const [sent, throttled, silent] = [pace.sent, pace.throttled, pace.unknown]
        .map((list) => list.map((n) => n / pace.bucketSeconds));
      const max = niceMax(isLimitDrawn ? Math.max(peak, limit * 1.1) : peak);
      const step = (right - left) / sent.length;
      const x = (at) => left + Math.max(0, Math.min(1, (at - pace.start) / duration)) * (right - left);
      const y = (value) => floor - (value / max) * (floor - top);
      svg.append(...scale(max, y, left, right), text(0, 12, "per second"));
      const tick = STEPS.find((seconds) => (seconds / duration) * (right - left) >= 84) ?? 604800;
      const [from, to] = tick >= 86400 ? [5, 10] : tick >= 60 ? [11, 16] : [11, 19];
      const early = pace.start + (18 / (right - left)) * duration;
      for (let at = Math.ceil((early + offset) / tick) * tick - offset; x(at) < right - 26; at += tick) {
        const time = new Date((at + offset) * 1000).toISOString().slice(from, to);
        svg.append(rule("axis", `M${x(at)} ${floor}v4`), text(x(at), height - 5, time, { "text-anchor": "middle" }));
      }
      const wide = step - (step > 5 ? 1 : 0);
      const bars = (low, high) => high.map((to, i) => (to <= low[i] ? "" :
        `M${left + i * step} ${y(low[i])}h${wide}V${y(to)}h-${wide}z`)).join("");
      const answered = sent.map((n, i) => Math.max(0, n - throttled[i] - silent[i]));
      const andThrottled = answered.map((n, i) => n + throttled[i]);
      const andSilent = andThrottled.map((n, i) => n + silent[i]);
      // The marks above the bars say it once more by shape: a wedge for "slow down", a ring for silence.
      const marks = (list, shape) => list.map((n, i) => (n ? `M${left + (i + 0.5) * step} ${shape}` : "")).join("");
      svg.append(rule("sent", bars(answered.map(() => 0), answered)), rule("throttled", bars(answered, andThrottled)),
        rule("no-answer", bars(andThrottled, andSilent)), rule("throttled", marks(throttled, "46l-4 -7h8z")),
        rule("ring", marks(silent, "30m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0")));

      if (limit === 0) return;
      const last = limits[limits.length - 1].perSecond;
      const line = limits.map((l, i) => `${i ? `H${x(l.at)}V` : `M${left} `}${y(l.perSecond)}`).join("");
      if (isLimitDrawn) svg.append(rule("limit", `${line}H${right}`));
      svg.append(text(right, isLimitDrawn ? y(last) - 5 : 12, `limit ${rate(last)}${isLimitDrawn ? "" : ", above this scale"}`,
        { "text-anchor": "end", class: "label" }));
    });
  }

  function drawLatency() {
    const { latency, wait } = summary;
    const bins = data.latencyHistogram ?? [];
    if (!latency || bins.length < 2) return;
    const lines = [["Answer time", latency], ["Import to finish", wait]].filter(([, line]) => line);
    const figures = element("table", { className: "figures" },
      element("tr", {}, element("td"), ...lines.map(([name]) => element("th", { scope: "col" }, name))),
      ...[["p50", "p50"], ["p90", "p90"], ["p99", "p99"], ["longest", "max"]].map(([name, key]) => element("tr", {},
        element("th", { scope: "row" }, name), ...lines.map(([, line]) => element("td", {}, span(line[key]))))));
    const note = `Half of ${int(latency.count)} answers came within ${span(latency.p50)}, 99 of 100 within ${span(latency.p99)}.`;
    const key = [keyOf("sent", "answers; the scale of time is logarithmic")];
    chart("latency", "Answer time of the service", note, key, (svg, width, height) => {
      const [left, top, floor] = [34, 50, height - 22];
      const low = bins[0].upTo ** 2 / bins[1].upTo;
      const high = bins[bins.length - 1].upTo;
      const part = (value) => Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low);
      // The scale ends early enough for the last label to stand right of its line.
      const right = Math.min(width - 8, left + (width - 76 - left) / Math.max(0.2, part(latency.p99)));
      const x = (value) => left + part(value) * (right - left);
      const max = niceMax(Math.max(2, ...bins.map((bin) => bin.count)));
      const y = (value) => floor - (value / max) * (floor - top);
      svg.append(...scale(max, y, left, right));
      let free = left;
      const round = Array.from({ length: 30 }, (_, i) => [1, 2, 5][i % 3] * 10 ** (Math.floor(i / 3) - 5));
      // Where all answers took about the same, no round number may lie between: then both ends stand there.
      for (const value of round.some((n) => n >= low && n <= high && x(n) <= right - 16) ? round : [low, high]) {
        if (value < low * 0.999 || value > high * 1.001 || x(value) < free || (x(value) > right - 16 && value !== high)) continue;
        free = x(value) + 52;
        svg.append(rule("axis", `M${x(value)} ${floor}v4`), text(x(value), height - 5, span(value), { "text-anchor": "middle" }));
      }
      const edges = [low, ...bins.map((bin) => bin.upTo)].map(x);
      svg.append(rule("sent", bins.map((bin, i) =>
        `M${edges[i] + 0.5} ${floor}V${y(bin.count)}H${edges[i + 1] - 0.5}V${floor}z`).join("")));
      // Each percentile has a line of its own for its label, so that close ones do not write over each other.
      ["p50", "p90", "p99"].forEach((name, i) => svg.append(
        rule("mark", `M${x(latency[name])} ${3 + i * 14}V${floor}`),
        text(x(latency[name]) + 5, 12 + i * 14, `${name} ${span(latency[name])}`, { class: "label" })));
    }, figures);
  }

  // ---- The table ----
  const every = [
    { title: "Line", className: "line", text: (row) => String(row[LINE]), value: (row) => row[LINE] },
    { title: "Name", className: "name", isHead: true, text: (row) => row[NAME], fill: (row, index) => [element("button",
      { type: "button", className: "open", tabIndex: index === view.active ? 0 : -1 }, row[NAME] || "(no name)")] },
    { title: "State", className: "state", isSigned: true, text: nameOf,
      value: (row) => URGENCY.indexOf(signOf(row)), fill: (row) => [sign(signOf(row)), nameOf(row)] },
    { title: "Id, or why not", className: "result", isResult: true,
      text: (row) => `${differs(row).map(difference).join("; ")} ${row[ID]} ${words(row[REASON])} ${said(row)}`.trim(),
      value: (row) => (row[ID] ? `~${row[ID]}` : `${row[REASON]} ${said(row)}`), // Ids after reasons.
      fill: (row) => [...differs(row).map(([field, ...values]) => element("span", { className: "change" },
        element("b", {}, field), difference(["", ...values]))),
        row[ID] && element("span", { className: "id" }, row[ID]), row[ID] && " ",
        row[REASON] && element("b", {}, words(row[REASON])), ` ${said(row)}`] },
    ...data.columns.map((title, c) => ({ title, className: onPaper.includes(c) ? "own" : "own screen",
      text: (row) => row[CELLS][c] ?? "", same: isSame(c) ? [...kinds[c]][0] : undefined })),
    { title: "Attempts", className: "amount screen", text: (row) => String(row[ATTEMPTS]), value: (row) => row[ATTEMPTS],
      same: data.rows.length > 1 && data.rows.every((row) => row[ATTEMPTS] === data.rows[0][ATTEMPTS])
        ? String(data.rows[0][ATTEMPTS]) : undefined },
    ...(data.rows.some((row) => row[FINISHED]) ? [{ title: "Finished", className: "time screen",
      text: (row) => (hasDays ? moment(row[FINISHED]) : clock(row[FINISHED])),
      value: (row) => Date.parse(row[FINISHED]) || Infinity }] : []),
    ...(seen.length ? [{ title: "Last seen", className: "time screen", text: (row) => row[SEEN] && moment(row[SEEN]),
      value: (row) => Date.parse(row[SEEN]) || Infinity }] : []),
    ...(accounts.size > 1 ? [{ title: "Account", className: "id screen", text: (row) => row[ACCOUNT] }] : []),
  ];
  // What says the same in every row is said once, above the table.
  const same = every.filter((column) => column.same !== undefined);
  let columns = every.filter((column) => !same.includes(column));

  const view = { state: null, reason: null, query: "", column: every[0], descending: false, rows: data.rows, active: 0 };
  const live = new Map(); // The rows in the document, by their index in view.rows.
  let rowHeight = 34;
  const collator = new Intl.Collator(["ko", "en"], { numeric: true });
  // Names from a Mac come in decomposed letters; both sides of the search are composed.
  const fold = (value) => value.normalize("NFKC").toLowerCase();
  let folded = null; // Made at the first letter that is typed.
  // Two rows stand for all that is out of sight, above and below.
  const pads = [0, 1].map(() => element("tr", { className: "pad", "aria-hidden": "true" },
    element("td")));

  function tableRow(row, index) {
    return element("tr", { state: signOf(row), "data-index": index, "aria-rowindex": index + 2 }, ...columns.map((column) =>
      element(column.isHead ? "th" : "td", column.isHead ? { className: column.className, scope: "row" }
        : { className: column.className }, ...(column.fill?.(row, index) ?? [column.text(row)]))));
  }

  /// Puts the rows in sight, and some around them, into the table; those that stay keep their elements and so the focus.
  function render() {
    if (!pads[1].isConnected) return; // The table is on its way to the printer.
    const scroller = $("scroller");
    const shown = Math.ceil(scroller.clientHeight / rowHeight);
    const first = Math.max(0, Math.min(Math.floor(scroller.scrollTop / rowHeight) - 6, view.rows.length - shown));
    const last = Math.min(view.rows.length, first + shown + 12);
    // Room first, new rows next, old ones last: were the table shorter for a moment, the browser would scroll it back.
    [first, view.rows.length - last].forEach((hiddenCount, i) => {
      pads[i].firstChild.style.height = `${hiddenCount * rowHeight}px`;
      pads[i].hidden = hiddenCount === 0;
    });
    let next = pads[1];
    for (let index = last - 1; index >= first; index -= 1) {
      if (!live.has(index)) live.set(index, $("body").insertBefore(tableRow(view.rows[index], index), next));
      next = live.get(index);
    }
    for (const [index, node] of live) {
      if (index >= first && index < last) continue;
      if (node.contains(document.activeElement)) scroller.focus({ preventScroll: true });
      node.remove();
      live.delete(index);
    }
    if (live.has(view.active) || last === 0) return;
    view.active = Math.min(first + 6, last - 1);
    live.get(view.active).querySelector("button").tabIndex = 0;
  }

  function refresh() {
    live.clear();
    $("body").replaceChildren(...pads);
    view.active = 0;
    $("scroller").scrollTop = 0;
    $("table").setAttribute("aria-rowcount", view.rows.length + 1);
    tellShown();
    render();
  }

  const leftOut = (state) => Math.max(0, (count[state] ?? 0) - (inTable[state] ?? 0));
  /// How many rows the page has not, of those that the chosen chip stands for.
  function leftOutCount() {
    const { state, reason } = view;
    if (!reason) return state ? leftOut(state) : data.rowsLeftOut ?? 0;
    const group = data.reasons.find((each) => each.state === state && each.reason === reason);
    return Math.max(0, (group?.count ?? 0) - data.rows.filter((row) => isLike(row, view)).length);
  }

  /// Says how much of the whole the table shows, what the chip hides of a search, and what no search on this page can find.
  function tellShown() {
    const { state, reason, query, elsewhere, rows: { length: n } } = view;
    const missing = leftOutCount();
    const quoted = query.trim() && `“${query.trim()}”`;
    const kind = reason ? words(reason) : state && STATES[state].name;
    const where = state ? fileOf(state) : "the CSV files";
    const what = kind ? `rows with “${kind}”` : "rows";
    let sentence = "";
    if (n === 0) {
      sentence = missing && !quoted ? `None of the ${int(missing)} ${what} is on this page: they are in ${where}.`
        : `No row${missing ? " of this page" : ""}${kind ? ` with “${kind}”` : ""}${quoted ? ` has ${quoted}` : " is here"}.`;
    } else if (n < data.rows.length || (missing && kind)) sentence = `${int(n)} of ${rows(summary.rowCount)}.`;
    if (missing && (quoted || (kind && n > 0))) {
      sentence += ` ${rows(missing)}${kind ? " like this" : ""} ${pick(missing, "is", "are")} only in ${where}${quoted ? ", not searched" : ""}.`;
    }
    if (elsewhere) {
      sentence += ` ${n ? `${int(elsewhere)} more ${pick(elsewhere, "row", "rows")}` : rows(elsewhere)} with ${quoted} ${pick(elsewhere, "is", "are")} hidden by the choice “${kind}”.`;
    }
    $("shown").textContent = sentence.trim();
    $("widen").hidden = !elsewhere;
    $("widen").textContent = `Search all ${rows(data.rows.length)}`;
  }

  function choose(change) {
    Object.assign(view, change);
    drawChips();
    const terms = fold(view.query).split(/\s+/).filter(Boolean);
    if (terms.length) folded ??= new Map(data.rows.map((row) => [row, fold(every.map((c) => c.text(row)).join(" "))]));
    const value = view.column.value ?? view.column.text;
    const matching = data.rows.filter((row) => terms.every((term) => folded.get(row).includes(term)));
    const found = matching.filter((row) => isLike(row, view));
    view.elsewhere = terms.length ? matching.length - found.length : 0;
    // Sorting is stable, and the rows come by line: so do those that are equal here, also from the last to the first.
    const entries = found.map((row) => [value(row), row]);
    const compare = typeof entries[0]?.[0] === "number" ? (a, b) => a - b : collator.compare;
    const sense = view.descending ? -1 : 1;
    view.rows = entries.sort(([a], [b]) => (a === b ? 0 : sense * compare(a, b))).map(([, row]) => row);
    $("heads").querySelector("[aria-sort]")?.removeAttribute("aria-sort");
    $("heads").children[columns.indexOf(view.column)]?.setAttribute("aria-sort", view.descending ? "descending" : "ascending");
    refresh();
  }

  function drawChips() {
    const focused = document.activeElement?.dataset.chip;
    const chip = (id, isPressed, change, ...content) => element("button", { type: "button", className: "chip", state: id,
      "data-chip": id, "aria-pressed": String(isPressed), act: () => choose(change) }, ...content);
    const { state: chosen, reason } = view;
    const none = { state: null, reason: null };
    const amount = (here, whole) => [bold(here), here < whole && more(`of ${int(whole)}`)];
    $("chips").replaceChildren(chip("all", !chosen && !reason, none, "All ", amount(data.rows.length, summary.rowCount)),
      ...present.map((state) => chip(state, chosen === state, chosen === state ? none : { state, reason: null },
        sign(state), `${STATES[state].name} `, amount(inTable[state] ?? 0, count[state]))),
      reason ? chip("reason", true, none, words(reason), element("span", { "aria-hidden": "true" }, " ×")) : "");
    if (focused) $("chips").querySelector(`[data-chip="${focused}"]`)?.focus();
  }

  /// Widths from the widest text of all rows, so that columns stand still while rows come and go.
  function drawColumns() {
    const pen = document.createElement("canvas").getContext("2d");
    const { fontSize, fontFamily } = getComputedStyle($("table"));
    pen.font = `${fontSize} ${fontFamily}`;
    const widths = columns.map((column) => column.width ??= widthOf(column));
    function widthOf(column) {
      // To measure each cell would take long: of all, the one with the most room by count of letters is measured.
      let [widest, most] = [column.title, 0];
      for (const value of data.rows.map(column.text)) {
        const letters = value.length + 0.8 * (value.match(/[\u1100-\uffff]/g)?.length ?? 0); // Korean ones are wide.
        if (letters > most) [widest, most] = [value, letters];
      }
      const measure = (text) => pen.measureText(text).width * 1.06 + 22;
      const room = Math.max(measure(widest) + (column.isSigned ? 20 : 0), measure(column.title) + 15);
      return Math.round(Math.min(room, !column.isResult ? 260 : count.changed ? 440 : 320));
    }
    // The result's column takes what is left over.
    $("cols").replaceChildren(...widths.map((width, i) => element("col", columns[i].isResult ? {} : { width })));
    // More than there are would be columns of their own, and take the room of the result's.
    for (const pad of pads) pad.firstChild.colSpan = columns.length;
    $("table").style.minWidth = `${sum(widths)}px`;
    const sort = (column) => choose({ column, descending: view.column === column && !view.descending });
    $("heads").replaceChildren(...columns.map((column) => element("th", { scope: "col", className: column.className },
      button("", () => sort(column), column.title || "(no header)"))));
  }

  /// Says once what the columns hold that are equal in all rows, and lets them be columns again.
  function drawSame() {
    if (same.length === 0) return;
    const value = ({ title, same }) => [clipped(title || "(no header)", 60), clipped(same || "(empty)", 120)];
    const pairs = (list) => element("dl", {}, ...list.map(value).map(([term, value]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, value))));
    const most = 12;
    // Those with a value say more than empty ones.
    const ordered = [...same].sort((a, b) => (a.same === "") - (b.same === ""));
    const here = data.rowsLeftOut ? "all rows of this page" : "all rows";
    const toggle = button("show", () => {
      const isShown = columns.length < every.length;
      columns = isShown ? every : every.filter((column) => !same.includes(column));
      if (!columns.includes(view.column)) Object.assign(view, { column: every[0], descending: false });
      tell(isShown);
      drawColumns();
      choose({});
    });
    const sentence = element("span");
    function tell(isShown) {
      const subject = pick(same.length, "One column is", `${int(same.length)} columns are`);
      sentence.textContent = `${subject} the same in ${here}${isShown ? "" : " and not in the table"}. `;
      toggle.textContent = isShown ? "Hide in the table" : "Show in the table";
    }
    tell(false);
    reveal("same", element("p", {}, sentence, toggle), pairs(ordered.slice(0, most)), same.length > most &&
      element("details", {}, element("summary", {}, `and ${int(same.length - most)} more`), pairs(ordered.slice(most))));
  }

  function openDetail(row) {
    const fill = (id, pairs) => $(id).replaceChildren(...pairs.filter(([, value]) => value).flatMap(([term, value]) =>
      [element("dt", {}, term), element("dd", {}, value)]));
    $("detail-title").dataset.state = signOf(row);
    $("detail-title").replaceChildren(sign(signOf(row)), row[NAME] || `Line ${row[LINE]}`);
    fill("detail-outcome", [["State", nameOf(row)], ...differs(row).map((change) => ["Differs", difference(change)]),
      ["Id", row[ID]],
      ["Reason", row[REASON] && (titleOf(row) ?? words(row[REASON]))], ["Message", row[MESSAGE]],
      ["Account", row[ACCOUNT]], ["Attempts", String(row[ATTEMPTS] || "")],
      ["Finished", row[FINISHED] && moment(row[FINISHED])], ["Last seen", row[SEEN] && moment(row[SEEN])], ["Line", String(row[LINE])],
      ["Its history", row[STATE] !== "invalid" && element("code", {}, `rollcall show ${row[NAME]}`)]]);
    fill("detail-cells", data.columns.map((column, c) => [column || "(no header)", row[CELLS][c]]));
    $("detail").showModal();
    $("detail").scrollTop = 0;
  }

  /// One row is in the tab order and the arrows move from there: 10,000 stops would shut the keyboard in.
  function moveTo(index) {
    const scroller = $("scroller");
    live.get(view.active)?.querySelector("button").setAttribute("tabindex", -1);
    view.active = Math.max(0, Math.min(view.rows.length - 1, index));
    const top = view.active * rowHeight;
    const room = scroller.clientHeight - $("heads").offsetHeight - rowHeight - 18;
    scroller.scrollTop = Math.max(top - room, Math.min(top, scroller.scrollTop));
    render();
    const target = live.get(view.active).querySelector("button");
    target.tabIndex = 0;
    target.focus({ preventScroll: true });
  }

  /// Paper cannot scroll: it gets what the table shows or, of many rows, those that are not done.
  function printAll() {
    const most = 1000;
    const isMany = view.rows.length > most;
    const printed = (isMany ? view.rows.filter((row) => row[STATE] !== "done") : view.rows).slice(0, most);
    $("print-note").textContent = printed.length === summary.rowCount ? ""
      : `${int(printed.length)} of ${rows(summary.rowCount)} printed${isMany ? ", those not done" : ""}; the CSV files hold all.`;
    live.clear();
    $("body").replaceChildren(...printed.map(tableRow));
  }

  function listen() {
    $("scroller").addEventListener("scroll", render, { passive: true });
    new ResizeObserver(render).observe($("scroller"));
    $("search").addEventListener("input", (event) => choose({ query: event.target.value }));
    $("body").addEventListener("click", (event) => {
      const index = event.target.closest("tr").dataset.index;
      // A drag that selects text is no click on the row.
      if (index && (event.target.closest("button") || !String(getSelection()))) openDetail(view.rows[index]);
    });
    $("body").addEventListener("keydown", (event) => {
      const page = Math.max(1, Math.floor($("scroller").clientHeight / rowHeight) - 2);
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      moveTo(Number(event.target.closest("tr").dataset.index) + by);
    });
    $("detail").addEventListener("click", ({ target }) => {
      if (target === $("detail") || target === $("detail-close")) $("detail").close(); // The dialog itself is its backdrop.
    });
    $("widen").addEventListener("click", () => {
      choose({ state: null, reason: null });
      $("search").focus();
    });
    addEventListener("beforeprint", printAll);
    addEventListener("afterprint", refresh);
  }

  function drawLeftOut() {
    if (!data.rowsLeftOut) return;
    const parts = Object.keys(STATES).filter((state) => state !== "changed" && leftOut(state)).map((state) =>
      `${int(leftOut(state))} ${STATES[state].name} (\`${fileOf(state)}\`)`);
    reveal("left-out", ...prose(`This page has ${int(data.rows.length)} of ${rows(summary.rowCount)}, so that it opens quickly. ` +
      `Only in the files: ${parts.join(", ")}.`));
  }

  function drawTable() {
    $("rows").hidden = data.rows.length === 0;
    drawSame();
    drawColumns();
    choose({});
    rowHeight = live.get(0)?.getBoundingClientRect().height || rowHeight;
    drawLeftOut();
    listen();
  }

  $("main").hidden = false;
  for (const draw of [drawTop, drawOutcomes, drawNext, drawChanged, drawReasons, drawPace, drawLatency, drawTable]) draw();
  $("no-attempts").hidden = summary.rowCount === 0 || !$("pace").hidden || !$("latency").hidden;
})();
