import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOCK_RULES, RULES_NOT_KEPT } from "@portico/card-protocol";
import { expect, onTestFinished, test } from "vitest";
import { readPlatformSecrets } from "../locks/platform-secrets.ts";
import { parsedToml } from "../rig/parsed-toml.ts";
import { rigToml } from "../rig/rig-configuration.ts";

const ACCOUNT = `[ttlock]\nclient_id = "4773aa03"\nuser = "+8618900000000"\nsecret_file = "ttlock.secret"\n`;
const LOCK = `[[lock]]\nid = "room-301"\nprotocol = "ttlock"\nlock_id = 163377\naccepts = ["14.3"]\n`;
const read = (tables: string): ReturnType<typeof parsedToml> => parsedToml(rigToml({ tables }));

test("a lock of TTLock's is read with every default", () => {
  expect(read(ACCOUNT + LOCK)).toMatchObject({
    ok: true,
    configuration: {
      ttlock: { url: "https://cnapi.ttlock.com", clientId: "4773aa03", user: "+8618900000000", secretFile: expect.stringMatching(/^\/.*ttlock\.secret$/) },
      locks: [{ id: "room-301", reach: { protocol: "ttlock", lockId: 163_377, accepts: ["14.3"] }, holdMs: 5_000, checkEveryMs: 600_000 }],
    },
  });
});

test.each<[string, string, string, string]>([
  [
    "a lock of which nobody accepts that others open it",
    `accepts = ["14.3"]`,
    "",
    `lock[room-301].accepts lock "room-301" cannot keep rule 14.3, and nobody has accepted that`,
  ],
  [
    "PINs without their erasure",
    `accepts = ["14.3"]`,
    `accepts = ["14.1", "14.3"]`,
    `lock[room-301].accepts PINs at lock "room-301" cannot keep rule 14.4 either`,
  ],
  [
    "fingers without their erasure",
    `accepts = ["14.3"]`,
    `accepts = ["14.2", "14.3"]`,
    `lock[room-301].accepts fingers at lock "room-301" cannot keep rule 14.4 either`,
  ],
  ["a rule that is none", `"14.3"`, `"14.3", "14.5"`, "lock[room-301].accepts"],
  ["a lock without its number", "lock_id = 163377\n", "", `lock[room-301] lock "room-301" has no lock_id`],
  ["a lock without an account", ACCOUNT, "", `lock[room-301].protocol is "ttlock", but no [ttlock] says where the platform is`],
  ["a platform in clear", `client_id`, `url = "http://cnapi.ttlock.com"\nclient_id`, "ttlock.url"],
  ["a secret in the file", `secret_file = "ttlock.secret"`, `client_secret = "abc"`, "ttlock.client_secret"],
  ["a sticker's key", "lock_id", `public_key = "${"ab".repeat(32)}"\nlock_id`, `lock[room-301].public_key has no meaning with protocol = "ttlock"`],
  [
    "rules at a lock that keeps them",
    `protocol = "ttlock"\nlock_id = 163377`,
    `protocol = "carried"`,
    `lock[room-301].accepts has no meaning with protocol = "carried"`,
  ],
  ["one lock twice", LOCK, LOCK + LOCK.replace("room-301", "room-302"), `lock[room-302].lock_id is that of lock "room-301" already`],
])("%s is refused by name", (_, before, after, problem) => {
  const tables = ACCOUNT + LOCK;
  expect(tables).toContain(before);
  const reading = read(tables.replace(before, after));
  const told = reading.ok ? [] : reading.problems.map(({ path, cause }) => `${path} ${cause}`);
  expect(told.find((each) => each.startsWith(problem)), told.join("\n")).toBeDefined(); // prettier-ignore
});

test("the platform's secrets are two lines that nobody else may read, and no complaint holds them", () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "ttlock.secret");
  const said = (): string => {
    try {
      return JSON.stringify(readPlatformSecrets(file));
    } catch (error) {
      return String(error);
    }
  };
  expect(said()).toContain("missing");
  writeFileSync(file, "a-client-secret\nan-app-password\n", { mode: 0o600 });
  expect(said()).toBe(`{"clientSecret":"a-client-secret","password":"an-app-password"}`);
  chmodSync(file, 0o640);
  expect(said()).toMatch(/others on this machine may read.*0640/);
  chmodSync(file, 0o600);
  for (const text of ["a-client-secret\n", "\nan-app-password\n", "a-client-secret\nan-app-password\nmore\n", ""]) {
    writeFileSync(file, text);
    expect(said()).toContain("not two lines");
    expect(said()).not.toMatch(/a-client-secret|an-app-password/);
  }
});

test("docs/room-locks.md says of every rule what a lock of a maker's platform does not keep, in the words of the one table", () => {
  const rows = readFileSync(new URL("../../../docs/room-locks.md", import.meta.url), "utf8").split("\n");
  for (const rule of LOCK_RULES)
    expect(
      rows.some((row) => row.startsWith(`| ${rule} | ${RULES_NOT_KEPT.ttlock[rule].en} | `)),
      rule,
    ).toBe(true);
});
