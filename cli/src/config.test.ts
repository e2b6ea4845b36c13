import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runRecorded } from "./recorded-surroundings.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test("config init writes a configuration that config check calls valid", async () => {
  const checkout = folder();
  const file = join(checkout, ".portico", "portico.toml");
  expect(await runRecorded({ checkout }, "config", "init", "--site", "demo", "--board", "10.0.0.7:502")).toMatchObject({ exitCode: 0, out: `${file}\n` });
  expect(statSync(join(checkout, ".portico")).mode & 0o007, "the folder will hold keys").toBe(0);
  expect(await runRecorded({ checkout, isTty: true }, "config", "check")).toEqual({
    exitCode: 0,
    out: `${file} is valid: site demo, controller library, 2 wires, 1 scanner, 1 relay board, 1 door, 0 turnstiles, 0 lifts, 1 access point\n`,
    err: "note: without root keys, issued passes (T) are refused\n",
  });
  expect(JSON.parse((await runRecorded({ checkout }, "config", "check")).out)).toMatchObject({ site: "demo", wires: 2, accessPoints: 1 });
});

test("config init leaves a file that is there alone, but for --force", async () => {
  const checkout = folder();
  const file = join(checkout, "my.toml");
  writeFileSync(file, "mine");
  expect(await runRecorded({ checkout, workingFolder: checkout }, "config", "init", "--config", "my.toml")).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("--force"),
  });
  expect(readFileSync(file, "utf8")).toBe("mine");
  expect(await runRecorded({ checkout, workingFolder: checkout }, "config", "init", "--config", "my.toml", "--force")).toMatchObject({
    exitCode: 0,
    err: expect.stringMatching(/^next: edit it, then .* config check --config my\.toml\n$/),
  });
  expect(readFileSync(file, "utf8")).toContain("[site]");
});

test.each([
  [["--serial-number", "7"], "--protocol modbus-rtu has no use for --serial-number"],
  [["--protocol", "osdp", "--scanner", "/dev/ttyACM1"], "--protocol osdp has no use for --scanner"],
  [["--protocol", "uhppote", "--serial-number", "abc"], "A whole number from 1 to 4294967295 is wanted"],
])("config init refuses %j", async (words, what) => {
  const checkout = folder();
  expect(await runRecorded({ checkout }, "config", "init", ...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(what) });
  expect(existsSync(join(checkout, ".portico"))).toBe(false);
});

test("config init with options that make no valid configuration writes nothing", async () => {
  const checkout = folder();
  const { exitCode, err } = await runRecorded({ checkout }, "config", "init", "--site", "Demo Campus", "--root-key", "abc");
  expect(exitCode).toBe(2);
  expect(err).toContain("site.id is ");
  expect(err).toContain("site.root_keys[#1] is ");
  expect(existsSync(join(checkout, ".portico"))).toBe(false);
});

test("config check prints each mistake with file, line, path, cause and remedy, and ends with 2", async () => {
  const file = join(folder(), "portico.toml");
  writeFileSync(file, `[site]\nid = "demo"\n\n[controller]\nid = "x"\nsokcet = "a"\n\n[clock]\ntrusted_by = "moon"\n`);
  expect(await runRecorded({ isTty: true }, "config", "check", file)).toEqual({
    exitCode: 2,
    out: "",
    err: [
      `${file}:6: controller.sokcet unknown key "sokcet"; write socket`,
      `${file}:9: clock.trusted_by is "moon": only "time-frames" or "system" is known; write trusted_by = "time-frames", for example`,
      "portico: 2 mistakes in the configuration",
      `on: ${file}`,
      `next: mend these lines, then portico config check ${file}`,
      "",
    ].join("\n"),
  });
  const { out } = await runRecorded({}, "config", "check", file);
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { line: number }).line),
  ).toEqual([6, 9]);
});

test("config check notes a trust list that is not there, with the line that names it", async () => {
  const checkout = folder();
  const file = join(checkout, ".portico", "portico.toml");
  expect(await runRecorded({ checkout }, "config", "init", "--root-key", `58${"66".repeat(31)}`)).toMatchObject({ exitCode: 0 });
  const line =
    readFileSync(file, "utf8")
      .split("\n")
      .findIndex((text) => text.startsWith("trust_list")) + 1;
  const { exitCode, err } = await runRecorded({ checkout, isTty: true }, "config", "check");
  expect([exitCode, err]).toEqual([
    0,
    `note: ${file}:${line}: site.trust_list names a file that is not there: ${join(checkout, ".portico", "trust-list.cose")}; get it from the root holders; without it a controller that never had one does not start\n`,
  ]);
});

test("config check of a file that is not there names the command that makes one", async () => {
  expect(await runRecorded({ checkout: "/nowhere", workingFolder: "/nowhere", isTty: true }, "config", "check")).toEqual({
    exitCode: 2,
    out: "",
    err: "portico: there is no such file\non: /nowhere/.portico/portico.toml\nnext: make one with `npx portico config init`, or name another with --config\n",
  });
});
