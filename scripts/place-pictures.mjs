/** Draws docs/places/*.svg, what is when around a booking, from the campus's service definitions: `node scripts/place-pictures.mjs`. A test compares. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { widthOf } from "./state-picture.mjs";

const SERVICES = JSON.parse(readFileSync(new URL("../cloud-sync/services/campus.json", import.meta.url), "utf8")).services;
const LEFT = 210;
const STEP = 96;
const ROW = 34;
const TOP = 74;
/** The windows that the engine knows, and what each is called. */
const WINDOWS = {
  door: "the door opens / 开门",
  "sign-in": "sign in / 签到",
  leave: "ask leave / 请假",
  cancel: "cancel / 取消",
  "cancel-course": "cancel a course / 取消课程",
};
/** A booking is drawn as made a week before, and an hour long: only the order of moments is to scale. */
const MADE_S = -7 * 86_400;
const END_S = 3_600;

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const text = (x, y, words, { anchor = "start", kind = "" } = {}) =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}"${kind === "" ? "" : ` class="${kind}"`}>${escape(words)}</text>`;

const secondsOf = ({ of, offsetS }) => (of === "booking" ? MADE_S : of === "end" ? END_S : 0) + offsetS;

/** `booked`, `start − 30 min`, `end + 15 min`. */
function nameOf(seconds) {
  if (seconds === MADE_S) return "booked";
  const [base, offset] = seconds >= END_S ? ["end", seconds - END_S] : ["start", seconds];
  if (offset === 0) return base;
  const minutes = Math.abs(offset) / 60;
  const length = minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
  return `${base} ${offset < 0 ? "−" : "+"} ${length}`;
}

function picture({ names, windows = [], reservations }) {
  const rows = windows.filter(({ id }) => Object.hasOwn(WINDOWS, id));
  const moments = [...new Set([MADE_S, 0, END_S, ...rows.flatMap(({ from, until }) => [secondsOf(from), secondsOf(until)])])].sort((a, b) => a - b);
  const x = (seconds) => LEFT + STEP / 2 + STEP * moments.indexOf(seconds);
  const bottom = TOP + ROW * (rows.length + 1);
  const bar = (row, from, until, kind) =>
    `<rect x="${x(from)}" y="${TOP + ROW * row + 6}" width="${x(until) - x(from)}" height="${ROW - 14}" rx="3" class="${kind}"/>`;
  const { stepS, minS, maxS, aheadS, holdS, needsApproval } = reservations;
  const length = (seconds) => (seconds % 86_400 === 0 ? `${seconds / 86_400} d` : seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds / 60} min`);
  const terms = `begins every ${length(stepS)} · ${length(minS)} to ${length(maxS)} long · at most ${length(aheadS)} ahead · held ${length(holdS)}${needsApproval ? " · opens nothing before it is approved" : ""}`;
  const width = Math.ceil(Math.max(LEFT + STEP * moments.length + 10, 14 + widthOf(terms) + 14));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 34}" font-family="sans-serif" font-size="12">`,
    "<style>text{fill:#222}.title{font-weight:bold;font-size:15px}.note{fill:#666;font-size:11px}line{stroke:#ccc}.booked{fill:#456}.window{fill:#8ab}</style>",
    `<rect width="${width}" height="${bottom + 34}" fill="#fff"/>`,
    text(14, 24, `${names.zh} / ${names.en}`, { kind: "title" }),
    ...moments.flatMap((seconds) => [
      `<line x1="${x(seconds)}" y1="${TOP - 8}" x2="${x(seconds)}" y2="${bottom}"/>`,
      text(x(seconds), TOP - 16, nameOf(seconds), { anchor: "middle", kind: "note" }),
    ]),
    text(14, TOP + 20, "what is booked / 预约时段"),
    bar(0, 0, END_S, "booked"),
    ...rows.flatMap(({ id, from, until }, nth) => [
      text(14, TOP + ROW * (nth + 1) + 20, WINDOWS[id]),
      bar(nth + 1, secondsOf(from), secondsOf(until), "window"),
    ]),
    text(14, bottom + 22, terms, { kind: "note" }),
    "</svg>",
    "",
  ].join("\n");
}

/** By the id of each service of which something is booked. */
export const pictures = Object.fromEntries(SERVICES.filter(({ reservations }) => reservations).map((each) => [each.id, picture(each)]));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../docs/places/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(new URL(`${name}.svg`, folder), svg);
}
