import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cloudBench } from "./cloud-bench.ts";

const TAKES = (portico: string): string => portico.replace(/(\[cloud\]\n)/, "$1takes_configuration = true\n");
const [LIBRARY, GATES] = ["library-house", "gate-house"];

async function bench() {
  let before = "";
  let file = "";
  const amend = (controller: string, portico: string): string => {
    if (controller !== LIBRARY) return portico;
    before ||= TAKES(portico);
    // A start reads what was taken.
    return file !== "" && existsSync(file) ? readFileSync(file, "utf8") : before;
  };
  const one = await cloudBench({ amend });
  const { campus, ask, pass } = one;
  file = campus.controller(LIBRARY).configurationFile;
  const plan = (controller: string, text: string) =>
    ask("PUT /v1/controllers/{id}/configuration", { params: { id: controller }, body: { text: Buffer.from(text).toString("base64") } });
  const standing = async (controller: string) => (await ask("GET /v1/configurations", {})).items.find((each) => each.controller === controller);
  await pass(2_000);
  return { ...one, file, plan, standing, next: before.replace('fail = "secure"', 'fail = "secure"\nrelease_time_ms = 9000') };
}

test("a configuration that the cloud plans is at the controller within a moment, holds from its next start on, and the cloud knows which it is", async () => {
  const { campus, file, next, plan, standing, pass, answer, code, events } = await bench();
  const { number, hash } = (await plan(LIBRARY, next)).value;
  await pass(2_000);
  expect(readFileSync(file, "utf8")).toBe(next);
  expect(await standing(LIBRARY)).toMatchObject({ number, hash, state: "taken", error: null });
  expect((await events(LIBRARY, "ConfigurationTaken")).map(({ fields }) => fields)).toEqual([{ epoch: 1, number, configurationHash: hash, by: "cloud" }]);
  expect(await answer("library-in", code("zhang")), "it goes on with the one in force").toBe("granted");
  await campus.controller(LIBRARY).stop();
  await campus.controller(LIBRARY).start();
  await pass(5_000);
  expect(await standing(LIBRARY)).toMatchObject({ number, state: "running" });
  expect(await events(LIBRARY, "ConfigurationTaken"), "it is not told again").toHaveLength(1);
});

test("a controller that was away takes it when it comes back; one that says nothing of configurations is left alone", async () => {
  const { campus, file, next, plan, standing, pass, events } = await bench();
  await campus.controller(LIBRARY).stop();
  await plan(LIBRARY, next.replace("9000", "8000"));
  const newest = (await plan(LIBRARY, next)).value;
  await plan(GATES, next);
  await pass(2_000);
  expect([(await standing(LIBRARY))!.state, existsSync(file)]).toEqual(["waiting", false]);
  expect(await standing(GATES)).toMatchObject({ state: "byFile" });
  await campus.controller(LIBRARY).start();
  await pass(5_000);
  expect([await standing(LIBRARY), readFileSync(file, "utf8")]).toEqual([expect.objectContaining({ state: "taken", number: newest.number }), next]);
  expect(await events(GATES, "ConfigurationRefused")).toEqual([]);
});

test("one with a mistake, or with other roots, is refused by name, once a run, and the one in force stays", async () => {
  const { campus, file, next, plan, standing, pass, events } = await bench();
  for (const [text, error] of [
    [next.replace("9000", "9"), "ConfigurationInvalid"],
    [
      next
        .replace(/root_keys = \[[^\]]*\]/, `root_keys = ["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"]`)
        .replace(/root_threshold = \d/, "root_threshold = 1"),
      "ConfigurationForeign",
    ],
  ] as const) {
    await plan(LIBRARY, text);
    await pass(2_000);
    expect(await standing(LIBRARY), error).toMatchObject({ state: "refused", error });
  }
  campus.cloud.unplug();
  await pass(10_000);
  campus.cloud.plug();
  await pass(70_000);
  expect((await events(LIBRARY, "ConfigurationRefused")).map(({ fields }) => fields["error"])).toEqual(["ConfigurationInvalid", "ConfigurationForeign"]);
  expect(existsSync(file)).toBe(false);
});
