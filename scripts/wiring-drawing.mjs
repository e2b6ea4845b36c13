/** How docs/pictures/*.svg are drawn: a board, what hangs on it, and what it moves. */
const ROW = 46;
const TOP = 64;
const BOARD = { left: 330, width: 170 };
const LEFT = { x: 20, width: 190 };
export const RIGHT = { x: 640, width: 200 };
const WIDTH = 860;

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const rowY = (row) => TOP + ROW * row + ROW / 2;

function text(x, y, words, { anchor = "start", kind = "" } = {}) {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${kind === "" ? "" : ` class="${kind}"`}>${escape(words)}</text>`;
}

/** A box over some rows, its title and one line below it in the middle. */
function box({ x, width }, row, rows, title, note = "") {
  const y = TOP + ROW * row + 3;
  const height = ROW * rows - 6;
  const middle = y + height / 2;
  const centre = x + width / 2;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>`,
    text(centre, note === "" ? middle + 4 : middle - 2, title, { anchor: "middle", kind: "title" }),
    ...(note === "" ? [] : [text(centre, middle + 13, note, { anchor: "middle", kind: "note" })]),
  ].join("\n");
}

const LEFT_EDGE = LEFT.x + LEFT.width;
/** From the box above to this one. */
const chained = (row) => [
  [LEFT_EDGE, rowY(row - 1) + 8],
  [LEFT_EDGE + 22, rowY(row - 1) + 8],
  [LEFT_EDGE + 22, rowY(row) - 8],
  [LEFT_EDGE, rowY(row) - 8],
];

const wire = (points, kind = "") => `<polyline points="${points.map((point) => point.join(",")).join(" ")}"${kind === "" ? "" : ` class="${kind}"`}/>`;

/**
 * One picture: what hangs on the inputs stands at the left of the board, what its relays move at the right.
 *
 * @param inputs  `{ title, note, terminal, by }`, one row each; `by`: the wire's kind; without `terminal` it hangs on the one above
 * @param board   its title
 * @param relays  `{ terminal, label }`, one row each
 * @param right   boxes `{ row, rows, title, note }`
 * @param wires   further wires at the right: `{ points, kind }` in rows and pixels
 * @param notes   sentences below
 */
export function picture({ title, inputs = [], board, relays = [], right = [], wires = [], notes = [] }) {
  const rows = Math.max(inputs.length, relays.length, ...right.map(({ row, rows: many }) => row + many));
  const bottom = TOP + ROW * rows;
  const height = bottom + 22 + notes.length * 18;
  const edge = BOARD.left + BOARD.width;
  const parts = [
    ...inputs.flatMap(({ title: name, note, terminal, by = "" }, row) => [
      box(LEFT, row, 1, name, note),
      ...(terminal === undefined
        ? [wire(chained(row), by)]
        : [
            wire(
              [
                [LEFT_EDGE, rowY(row)],
                [BOARD.left, rowY(row)],
              ],
              by,
            ),
            text(BOARD.left + 8, rowY(row) + 4, terminal),
          ]),
    ]),
    ...relays.map(({ terminal = "" }, row) => text(edge - 8, rowY(row) + 4, terminal, { anchor: "end" })),
    ...right.map(({ row, rows: many, title: name, note }) => box(RIGHT, row, many, name, note)),
    ...relays.flatMap(({ label = "", to }, row) =>
      to === undefined
        ? []
        : [
            wire(
              [
                [edge, rowY(row)],
                [RIGHT.x, rowY(row)],
              ],
              to,
            ),
            ...(label === "" ? [] : [text((edge + RIGHT.x) / 2, rowY(row) - 5, label, { anchor: "middle", kind: "note" })]),
          ],
    ),
    ...wires.map(({ points, kind }) =>
      wire(
        points.map(([x, row]) => [x, rowY(row)]),
        kind,
      ),
    ),
  ];
  const frame = `<rect x="${BOARD.left}" y="${TOP}" width="${BOARD.width}" height="${ROW * rows}" rx="6" class="board"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
<style>
svg { background: #ffffff; font: 13px sans-serif; }
text { fill: #1b1f24; }
.heading { font-size: 16px; font-weight: bold; }
.title { font-weight: bold; }
.note { font-size: 11px; fill: #4b5560; }
rect { fill: #f4f6f8; stroke: #1b1f24; stroke-width: 1.2; }
rect.board { fill: #e3eefb; }
polyline { fill: none; stroke: #1b1f24; stroke-width: 1.6; }
polyline.plus { stroke: #b3261e; }
polyline.minus { stroke: #1f4fa3; }
polyline.loop { stroke: #b06000; stroke-dasharray: 7 4; }
polyline.data { stroke: #1c7c3c; }
polyline.radio { stroke: #7a3fa0; stroke-dasharray: 2 5; stroke-linecap: round; stroke-width: 2.4; }
</style>
<rect x="0" y="0" width="${WIDTH}" height="${height}" style="fill:#ffffff;stroke:none"/>
${text(20, 30, title, { kind: "heading" })}
${frame}
${text(BOARD.left + BOARD.width / 2, TOP - 10, board, { anchor: "middle", kind: "title" })}
${parts.join("\n")}
${notes.map((note, nth) => text(20, bottom + 28 + 18 * nth, note, { kind: "note" })).join("\n")}
</svg>
`;
}
