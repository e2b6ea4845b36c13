/** Draws docs/case-pictures/*.svg, the state machine of each case type, from the data alone: `node scripts/case-pictures.mjs`. A test compares. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { statePicture } from "./state-picture.mjs";

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

function picture(type) {
  const stays = type.transitions.filter(({ to = null }) => to === null);
  return statePicture({
    title: `${type.names.en} / ${type.names.zh}`,
    start: type.start,
    states: type.states.map(({ id, names, isOver = false }) => ({ id, zh: names.zh, isOver })),
    arrows: arrowsOf(type),
    notes: stays.map(({ id, from, by }) => `${id} (${by.join(", ")}): stays, in ${from.join(", ")}`),
  });
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
