import type { Day } from "./day.ts";

const GATE = "gate-1-in";

/** A card is lost on the way, and lies on the desk when its holder is there. */
export async function loseCard(day: Day): Promise<void> {
  const { story } = day;
  const { items } = await day.ask("GET /v1/persons/{id}/credentials", { params: { id: await day.person("li") } });
  const params = { id: items.find(({ kind }) => kind === "card")!.id };
  story.check("li's card at the gate", await day.answer(GATE, day.card("li")), "granted");
  await day.push("gate-1", "entry");
  story.tell("li comes in by card", "2.6");

  const lost = await day.ask("POST /v1/credentials/{id}/report-lost", { params });
  await day.pass(DOORS_KNOW_MS);
  story.check("li's lost card at the gate", await day.answer(GATE, day.card("li")), "CredentialNotEnabled");
  story.tell(`li reports the card lost; the answer names who has not heard, and the gate refuses it (change ${lost.change})`, "4.1", "4.4");
  story.check("li's phone at the gate", await day.answer(GATE, day.code("li")), "granted");
  await day.push("gate-1", "entry");
  story.tell("li's phone goes on opening", "4.3");

  await day.ask("POST /v1/credentials/{id}/return", { params });
  await day.pass(DOORS_KNOW_MS);
  story.check("li's card once it is found", await day.answer(GATE, day.card("li")), "granted");
  await day.push("gate-1", "entry");
  story.tell("the card lay under the keyboard: li returns it, and the gate takes it again", "4.2");
}

/** So long every door that is connected knows a change. */
export const DOORS_KNOW_MS = 4_000;
