/** Draws a state machine: columns by the fewest steps from the start, lines at right angles, each label beside its own line. */

const BOX = { width: 150, height: 46 };
const COLUMN = 330;
const ROW = 96;
const LEFT = 36;
/** Between two lines that go back above all boxes, and between two beside a column. */
const LANE = 24;
const FONT = 11;

export const escape = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
export const text = (x, y, words, kind = "", anchor = "middle") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}"${kind === "" ? "" : ` class="${kind}"`}>${escape(words)}</text>`;
/** About so wide is a text: what is not Latin takes a whole square. */
export const widthOf = (words, size = FONT) => [...words].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0x2e80 ? size : size * 0.58), 0);

/** What every picture of ours looks like. */
export const STYLE =
  "<style>rect{fill:#fff;stroke:#333}.start{stroke-width:3}.over{fill:none;stroke:#333}path{fill:none;stroke:#333}.tipped{marker-end:url(#tip)}.dashed{stroke-dasharray:5 4}.title{font-weight:bold}.note{fill:#555}.label{font-size:11px;fill:#063;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}</style>";
export const TIP =
  '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 Z" style="fill:#333"/></marker></defs>';

function placesOf(start, states, arrows) {
  const column = new Map([[start, 0]]);
  for (let changed = true; changed;) {
    changed = false;
    for (const { from, to } of arrows)
      for (const next of column.has(from) ? [column.get(from) + 1] : [])
        if (!column.has(to) || column.get(to) > next) {
          column.set(to, next);
          changed = true;
        }
  }
  const rows = new Map();
  return new Map(
    states.map(({ id }) => {
      const at = column.get(id);
      const row = rows.get(at) ?? 0;
      rows.set(at, row + 1);
      return [id, { column: at, row }];
    }),
  );
}

/**
 * One picture as SVG.
 *
 * @param states  each with id, zh, isOver
 * @param arrows  each with from, to, labels, isDashed
 * @param notes   lines below it
 */
export function statePicture({ title, start, states, arrows, notes = [] }) {
  const places = placesOf(start, states, arrows);
  const isBack = ({ from, to }) => places.get(to).column < places.get(from).column;
  // The farther it goes back, the higher it runs: then no two of them cross.
  const back = arrows
    .filter(isBack)
    .sort((a, b) => places.get(a.from).column - places.get(a.to).column - (places.get(b.from).column - places.get(b.to).column));
  const top = 48 + LANE * back.length + (back.length > 0 ? 8 : 0);
  const box = (id) => {
    const { column, row } = places.get(id);
    const [x, y] = [LEFT + column * COLUMN, top + row * ROW];
    return { x, y, column, row, right: x + BOX.width, bottom: y + BOX.height, middle: x + BOX.width / 2, centre: y + BOX.height / 2 };
  };
  let [width, bottom] = [0, 0];
  const reaches = (x, y) => ([width, bottom] = [Math.max(width, x), Math.max(bottom, y)]);
  const label = (x, y, labels, anchor) => {
    for (const words of labels) reaches(x + (anchor === "start" ? 1 : 0.5) * widthOf(words) + 10, 0);
    return labels.map((words, nth) => text(x, y + nth * 13, words, "label", anchor));
  };
  /** How many lines stand beside a column already. */
  const beside = new Map();
  const drawn = { lines: [], labels: [] };
  const line = (points, { isDashed }) =>
    drawn.lines.push(`<path d="M${points.map(([x, y]) => `${x},${y}`).join(" L")}" class="tipped${isDashed ? " dashed" : ""}"/>`);
  for (const arrow of arrows) {
    const [a, b] = [box(arrow.from), box(arrow.to)];
    const { labels } = arrow;
    if (isBack(arrow)) {
      const nth = back.indexOf(arrow);
      const y = top - 16 - LANE * nth;
      // From a box that has another above it the line goes around.
      const out = a.row === 0 ? [[a.middle + 14 + 10 * nth, a.y]] : [[a.right, a.centre - 8], [a.right + 12, a.centre - 8]]; // prettier-ignore
      const enter = b.row === 0 ? [[b.middle - 14 - 10 * nth, b.y]] : [[b.x - 14, b.centre], [b.x, b.centre]]; // prettier-ignore
      line([...out, [out.at(-1)[0], y], [enter[0][0], y], ...enter], arrow);
      drawn.labels.push(...label((out.at(-1)[0] + enter[0][0]) / 2 + 40 * (nth % 2), y - 5, labels, "middle"));
    } else if (b.column > a.column) {
      const turn = a.right + 22;
      line(a.row === b.row ? [[a.right, a.centre], [b.x, b.centre]] : [[a.right, a.centre], [turn, a.centre], [turn, b.centre], [b.x, b.centre]], arrow); // prettier-ignore
      drawn.labels.push(...label((turn + b.x) / 2, b.centre - 6 - 13 * (labels.length - 1), labels, "middle"));
    } else if (b.row === a.row + 1) {
      line([[a.middle, a.bottom], [b.middle, b.y]], arrow); // prettier-ignore
      drawn.labels.push(...label(a.middle + 8, (a.bottom + b.y) / 2 + 4 - 6.5 * (labels.length - 1), labels, "start"));
    } else {
      const nth = beside.get(a.column) ?? 0;
      beside.set(a.column, nth + 1);
      const x = a.right + 22 + LANE * nth;
      const [from, to] = b.row > a.row ? [a.centre + 10, b.centre - 10] : [a.centre - 10, b.centre + 10];
      line([[a.right, from], [x, from], [x, to], [b.right, to]], arrow); // prettier-ignore
      drawn.labels.push(...label(x + 8, (from + to) / 2 + 4 + 14 * nth, labels, "start"));
    }
  }
  const boxes = states.map(({ id, zh, isOver }) => {
    const { x, y, middle, right, bottom: below } = box(id);
    reaches(right, below);
    const ring = isOver ? `\n<rect x="${x + 3}" y="${y + 3}" width="${BOX.width - 6}" height="${BOX.height - 6}" rx="10" class="over"/>` : "";
    return `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="12"${id === start ? ' class="start"' : ""}/>${ring}\n${text(middle, y + 20, id, "title")}\n${text(middle, y + 36, zh, "note")}`;
  });
  for (const note of notes) reaches(LEFT + widthOf(note, 12), 0);
  reaches(LEFT + widthOf(title, 13), 0);
  const height = bottom + 24 + notes.length * 18;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width + 20)} ${height}" font-family="sans-serif" font-size="12">
${STYLE}
${TIP}
<rect x="0" y="0" width="100%" height="100%" style="fill:#fff;stroke:none"/>
${text(LEFT, 24, title, "title", "start")}
${drawn.lines.join("\n")}
${boxes.join("\n")}
${drawn.labels.join("\n")}
${notes.map((note, nth) => text(LEFT, bottom + 26 + nth * 18, note, "note", "start")).join("\n")}
</svg>
`;
}
