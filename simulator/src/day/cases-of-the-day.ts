import { DOORS_KNOW_MS } from "./lost-card.ts";
import type { Day } from "./day.ts";

const TEAM = "plumbers";

/** A tap drips; it is mended, it drips on, it is mended again. */
export async function repair(day: Day): Promise<void> {
  const { story } = day;
  const reporter = { person: await day.person("chen") };
  const body = { names: { zh: "水电组", en: "Plumbers" }, hours: null, mail: null, routes: [{ category: "水", area: null }] };
  await day.ask("PUT /v1/teams/{id}", { params: { id: TEAM }, body });
  const { value } = await day.ask("POST /v1/cases", {
    body: { category: "水", description: "三楼茶水间漏水", place: { area: "C1", text: "3 楼茶水间" }, beacons: null, form: {}, reporter },
  });
  const params = { id: value.id };
  const step = (transition: string, as: typeof reporter | null, more: { readonly text?: string; readonly rating?: number; readonly team?: string } = {}) =>
    day.ask("POST /v1/cases/{id}/steps", { params, body: { transition, as, ...more } });
  story.tell(`chen reports a dripping tap on floor 3 of C1: case ${value.id}`, "6.2", "6.3");
  story.check("who takes it", value.team, TEAM);
  await step("dispatch", null, { team: TEAM });
  await day.pass(60_000);
  await step("done", null, { text: "换了垫圈" });
  story.tell("the desk sends plumbers; they say it is done", "6.4", "6.8");
  await step("reject", reporter, { text: "还在滴" });
  story.check(
    "a case that was rejected may be rated",
    await day.refusal("POST /v1/cases/{id}/steps", { params, body: { transition: "rate", as: reporter, rating: 5 } }),
    "CaseTransitionRefused",
  );
  story.tell("it still drips: chen rejects it, and the second round begins", "6.9");
  await step("dispatch", null, { team: TEAM });
  await step("done", null, { text: "换了阀门" });
  await step("rate", reporter, { rating: 5 });
  const whole = await day.ask("GET /v1/cases/{id}", { params, query: reporter });
  story.tell(`the second valve holds: chen gives five of five, and ${whole.history.length} entries stand in the history`, "6.1", "6.5", "6.10");
}

/** A screenshot too many, and a case that puts it right. */
export async function freezeAndUnfreeze(day: Day): Promise<void> {
  const { story } = day;
  const person = await day.person("wang");
  const { items } = await day.ask("GET /v1/persons/{id}/credentials", { params: { id: person } });
  const credential = items.find(({ kind }) => kind === "qr")!.id;
  await day.ask("POST /v1/credentials/{id}/freeze", { params: { id: credential } });
  await day.pass(DOORS_KNOW_MS);
  story.check("wang's frozen code at the gate", await day.answer("gate-1-in", day.code("wang")), "CredentialNotEnabled");
  story.tell("wang's code was forwarded: it is frozen, and the gate refuses it", "2.4");
  const { value } = await day.ask("POST /v1/cases", {
    body: {
      type: "unfreeze",
      category: "校园卡",
      description: "截图发给了同学，不会再这样",
      place: null,
      beacons: null,
      form: { credential },
      reporter: { person },
    },
  });
  await day.ask("POST /v1/cases/{id}/steps", { params: { id: value.id }, body: { transition: "unfreeze", as: null } });
  await day.pass(DOORS_KNOW_MS);
  story.check("wang's code once the case is decided", await day.answer("gate-1-in", day.code("wang")), "granted");
  await day.push("gate-1", "entry");
  story.tell(`a case asks for it back (${value.id}); decided, and the gate opens again in the same step`, "2.5");
}
