import { expect, test } from "vitest";
import { DEBOUNCE_OVER_MS } from "./campus-bench.ts";
import { type CloudBench, cloudBench } from "./cloud-bench.ts";

const WHILE_S = 600;
const LIBRARY = { kind: "own" as const, accessPoints: ["library-in"], capability: "pass" as const, schedule: "always" };

/** What the library answers, with the reader ready again for the next. */
async function atLibrary({ answer, pass }: CloudBench, read: string): Promise<string> {
  const answered = await answer("library-in", read);
  await pass(DEBOUNCE_OVER_MS + 2_000);
  return answered;
}
const personOf = async ({ cardOf }: CloudBench, name: string): Promise<string> => (await cardOf(name)).person;

test("rule 2.18: at the doors a grant opens what no policy gives, and one that withholds closes it within its time at its places alone, whatever else gives", async () => {
  const bench = await cloudBench();
  const { campus, ask, card, code, pass, answer } = bench;
  const inSeconds = (seconds: number): string => new Date((campus.now() + seconds) * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const endless = { from: null, until: null };
  const byOperator = { kind: "operator" } as const;

  expect(await atLibrary(bench, code("yang")), "the gates alone are his").toBe("CredentialNotFound");
  const { items } = await ask("GET /v1/persons", { query: { account: "yang@demo-campus.example" } });
  const yang = { kind: "person", id: items[0]!.id } as const;
  await ask("POST /v1/grants", { body: { subject: yang, what: LIBRARY, validity: endless, source: byOperator } });
  await pass(1_000);
  expect(await atLibrary(bench, code("yang")), "widened").toBe("granted");

  expect(await atLibrary(bench, card("li"))).toBe("granted");
  const li = { kind: "person", id: await personOf(bench, "li") } as const;
  const validity = { from: inSeconds(0), until: inSeconds(WHILE_S) };
  await ask("POST /v1/grants", { body: { subject: li, effect: "withhold", what: LIBRARY, validity, source: byOperator } });
  await pass(1_000);
  expect(await atLibrary(bench, card("li")), "narrowed").toBe("Unauthorized");
  await ask("POST /v1/grants", { body: { subject: li, what: LIBRARY, validity: endless, source: byOperator } });
  await pass(1_000);
  expect(await atLibrary(bench, card("li")), "what is given later is withheld too").toBe("Unauthorized");
  expect(await answer("gate-2-in", card("li")), "another place").toBe("granted");
  expect(await atLibrary(bench, card("zhao")), "another person").toBe("granted");

  const everywhere = await ask("POST /v1/grants", { body: { subject: yang, effect: "withhold", what: { kind: "everywhere", capability: "pass" }, validity: endless, source: byOperator } }); // prettier-ignore
  await pass(1_000);
  expect([await atLibrary(bench, code("yang")), await answer("gate-1-in", code("yang"))]).toEqual(["Unauthorized", "Unauthorized"]);

  campus.cloud.unplug();
  await pass(WHILE_S * 1000);
  expect(await atLibrary(bench, card("li")), "its end needs nobody").toBe("granted");
  campus.cloud.plug();
  await ask("DELETE /v1/grants/{id}", { params: { id: everywhere.value.id } });
  await pass(90_000);
  expect(await atLibrary(bench, code("yang"))).toBe("granted");
});
