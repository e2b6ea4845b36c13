/** Draws docs/case-pictures/*.svg, the state machine of each case type, from the data alone: `node scripts/case-pictures.mjs`. A test compares. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const COLUMN = 250;
const ROW = 120;
const BOX = { width: 130, height: 46 };
const LEFT = 20;
const TOP = 60;

const escape = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const text = (x, y, words, kind = "", anchor = "middle") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}"${kind === "" ? "" : ` class="${kind}"`}>${escape(words)}</text>`;

/** Every arrow of a type, those between the same two states together; one that ends by itself is dashed. */
function arrowsOf({ transitions, closing }) {
  const arrows = new Map();
  const add = (from, to, label, isDashed) => {
    const key = `${from} ${to} ${isDashed}`;
    arrows.set(key, { from, to, isDashed, labels: [...(arrows.get(key)?.labels ?? []), label] });
  };
  for (const { id, from, to = null, by, approvals = 1 } of transitions)
    for (const state of from) if (to !== null && to !== state) add(state, to, `${id} (${by.join(", ")})${approvals > 1 ? ` × ${approvals}` : ""}`, false);
  if (closing) for (const state of closing.from) add(state, closing.to, `when ${closing.behind} is over`, true);
  return [...arrows.values()];
}

/** Columns by the fewest steps from the start, rows in the order of the file. */
function placesOf({ start, states }, arrows) {
  const column = new Map([[start, 0]]);
  for (let changed = true; changed;) {
    changed = false;
    for (const { from, to } of arrows)
      if (column.has(from) && !column.has(to)) {
        column.set(to, column.get(from) + 1);
        changed = true;
      }
  }
  const rows = new Map();
  return new Map(
    states.map(({ id }) => {
      const at = column.get(id);
      const row = rows.get(at) ?? 0;
      rows.set(at, row + 1);
      return [id, { column: at, row, x: LEFT + at * COLUMN, y: TOP + row * ROW }];
    }),
  );
}

function arrow({ from, to, labels, isDashed }, places) {
  const [a, b] = [places.get(from), places.get(to)];
  const kind = isDashed ? ' class="dashed"' : "";
  const half = BOX.height / 2;
  const lines = (x, y) => labels.map((label, nth) => text(x, y + nth * 13, label, "label")).join("\n");
  if (b.column > a.column) {
    const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + half, b.x, b.y + half];
    return `<path d="M${x1},${y1} L${x2},${y2}"${kind}/>\n${lines((x1 + x2) / 2, (y1 + y2) / 2 - 6 - 13 * (labels.length - 1))}`;
  }
  if (b.column === a.column) {
    const x = a.x + BOX.width / 2;
    const [y1, y2] = b.row > a.row ? [a.y + BOX.height, b.y] : [a.y, b.y + BOX.height];
    return `<path d="M${x},${y1} L${x},${y2}"${kind}/>\n${lines(x, (y1 + y2) / 2 + 4)}`;
  }
  // Back: an arc above, the higher the farther.
  const [x1, x2, y1, y2] = [a.x + BOX.width / 2 + 12, b.x + BOX.width / 2 - 12, a.y, b.y];
  const peak = Math.min(y1, y2) - 18 - 10 * (a.column - b.column);
  return `<path d="M${x1},${y1} Q${(x1 + x2) / 2},${2 * peak - (y1 + y2) / 2} ${x2},${y2}"${kind}/>\n${lines((x1 + x2) / 2, peak - 4)}`;
}

function picture(type) {
  const arrows = arrowsOf(type);
  const places = placesOf(type, arrows);
  const all = [...places.values()];
  const stays = type.transitions.filter(({ to = null }) => to === null);
  const notes = stays.map(({ id, from, by }) => `${id} (${by.join(", ")}): stays, in ${from.join(", ")}`);
  const bottom = TOP + (Math.max(...all.map(({ row }) => row)) + 1) * ROW - 40;
  const width = LEFT * 2 + Math.max(...all.map(({ column }) => column)) * COLUMN + BOX.width;
  const boxes = type.states.map(({ id, names, isOver = false }) => {
    const { x, y } = places.get(id);
    const ring = isOver ? `\n<rect x="${x + 3}" y="${y + 3}" width="${BOX.width - 6}" height="${BOX.height - 6}" rx="10" class="over"/>` : "";
    const middle = x + BOX.width / 2;
    return `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="12"${id === type.start ? ' class="start"' : ""}/>${ring}\n${text(middle, y + 20, id, "title")}\n${text(middle, y + 36, names.zh, "note")}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.max(width, 620)} ${bottom + 20 + notes.length * 18}" font-family="sans-serif" font-size="12">
<style>rect{fill:#fff;stroke:#333}.start{stroke-width:3}.over{fill:none;stroke:#333}path{fill:none;stroke:#333;marker-end:url(#tip)}.dashed{stroke-dasharray:5 4}.title{font-weight:bold}.note{fill:#555}.label{font-size:11px;fill:#063}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 Z" style="fill:#333;marker-end:none"/></marker></defs>
<rect x="0" y="0" width="100%" height="100%" style="fill:#fff;stroke:none"/>
${text(LEFT, 24, `${type.names.en} / ${type.names.zh}`, "title", "start")}
${arrows.map((each) => arrow(each, places)).join("\n")}
${boxes.join("\n")}
${notes.map((note, nth) => text(LEFT, bottom + 8 + nth * 18, note, "note", "start")).join("\n")}
</svg>
`;
}

const data = new URL("../cloud-sync/services/cases/", import.meta.url);
/** Every picture by its name, as it stands in docs/case-pictures. */
export const pictures = Object.fromEntries(
  readdirSync(data)
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, data), "utf8")))
    .map((type) => [type.id, picture(type)]),
);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../docs/case-pictures/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(new URL(`${name}.svg`, folder), svg);
}
