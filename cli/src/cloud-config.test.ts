import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RETENTION_DAYS } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleAt, hasDefault, keysAt, PASSWORD_VARIABLE, readCloudConfiguration } from "./cloud-configuration.ts";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...words: string[]): Promise<CommandRecord> => new RecordedSurroundings({ workingFolder: folder, isTty: true }).run("cloud", ...words);
const POSTGRES = `[site]\nid = "demo"\n[store]\npostgres = "postgres://portico@db/portico"\n`;
function written(text: string): string {
  const file = join(folder, "cloud.toml");
  writeFileSync(file, text);
  return file;
}

test("what init writes is valid as it stands, and every line of it that is a comment is true", async () => {
  const file = join(folder, "etc", "cloud.toml");
  expect(await run("config", "init", "etc/cloud.toml", "--site", "demo-campus")).toEqual({ exitCode: 0, out: `${file}\n`, err: "next: edit it, then portico cloud config check\n" }); // prettier-ignore
  const store = { kind: "sqlite", file: join(folder, "etc", "cloud.db") };
  const preset = {
    site: "demo-campus",
    timeZone: "Asia/Shanghai",
    listen: { host: "127.0.0.1", port: 8480 },
    dataFolder: join(folder, "etc"),
    logInFile: undefined,
    servicesFile: undefined,
    holdAbovePercent: 2,
    retentionDays: RETENTION_DAYS,
    store,
    mail: undefined,
    sms: undefined,
  };
  expect(readCloudConfiguration(file, undefined)).toEqual({ ok: true, configuration: preset });
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replaceAll(/^# ((?:time_zone|listen|data|hold_above|sqlite|event|days) =|\[\[retention)/gm, "$1"));
  expect(readCloudConfiguration(file, undefined)).toEqual({ ok: true, configuration: preset });
  expect((await run("config", "check", "etc/cloud.toml")).out).toBe(
    `${file} is valid: site demo-campus, Asia/Shanghai, listens at 127.0.0.1:8480, keys in ${join(folder, "etc")}, store ${store.file}\n`,
  );
  expect(await run("config", "init", "etc/cloud.toml", "--site", "other")).toMatchObject({ exitCode: 1, err: expect.stringContaining("--force") });
  expect(readFileSync(file, "utf8")).toContain("demo-campus");
});

test("each mistake is told with line, path, cause and what to write", async () => {
  const file = written(`[site]\nid = "Demo"\n\n[cloud]\nlisten = "8480"\nlog = true\n\n[store]\nsqlit = "x"\n`);
  expect(await run("config", "check", "cloud.toml")).toEqual({
    exitCode: 2,
    out: "",
    err: [
      `${file}:2: site.id is "Demo": 1 to 32 of a-z, 0-9 and hyphen; write id = "demo-campus", for example`,
      `${file}:5: cloud.listen is "8480": host:port, [address]:port for IPv6; write listen = "127.0.0.1:8480", for example`,
      `${file}:6: cloud.log unknown key "log"; remove it; known here: listen, data, log_in, services, hold_above`,
      `${file}:9: store.sqlit unknown key "sqlit"; write sqlite`,
      "portico: 4 mistakes in the configuration",
      `on: ${file}`,
      "next: mend these lines, then portico cloud config check",
      "",
    ].join("\n"),
  });
  expect(await run("config", "check", "none.toml")).toMatchObject({ exitCode: 2, err: expect.stringContaining("portico cloud config init") });
  expect((await run("run", "--config", "cloud.toml")).exitCode).toBe(2);
});

test("a password comes from a file for its owner alone or from the environment, and is never shown", async () => {
  const file = written(`${POSTGRES}password_file = "secret"\n`);
  writeFileSync(join(folder, "secret"), "hunter2\n", { mode: 0o600 });
  const place = { kind: "postgres", url: "postgres://portico@db/portico" };
  expect(readCloudConfiguration(file, "from the environment")).toMatchObject({ configuration: { store: { ...place, password: "hunter2" } } });
  chmodSync(join(folder, "secret"), 0o640);
  expect((await run("config", "check", file)).err).toContain(`${file}:5: store.password_file may be read by others on this machine; chmod 600`);
  written(POSTGRES);
  expect(readCloudConfiguration(file, "from the environment")).toMatchObject({ configuration: { store: { ...place, password: "from the environment" } } });
  expect(readCloudConfiguration(file, undefined)).toMatchObject({ configuration: { store: place } });
  for (const url of ["postgres://portico:hunter2@db/portico", "postgres://portico@db/portico?password=hunter2", "postgres://portico:hunter2@db"]) {
    written(POSTGRES.replace("postgres://portico@db/portico", url));
    const { exitCode, out, err } = await run("config", "check", file);
    expect([exitCode, out + err], url).toEqual([2, expect.stringContaining(`${file}:4: store.postgres`)]);
    expect(out + err, url).not.toContain("hunter2");
  }
  expect(PASSWORD_VARIABLE).toBe("PORTICO_STORE_PASSWORD");
});

test.each([
  ["-1", "is -1: 0 at least|is -1: at least 0"],
  ["100.5", "is 100.5: 100 at most"],
  ['"2"', "number"],
  ["nan", "number"],
])("hold_above = %s is no percentage, and is told with its line and what to write", async (value, cause) => {
  const file = written(`[site]\nid = "demo"\n[cloud]\nhold_above = ${value}\n`);
  const { exitCode, out, err } = await run("config", "check", "cloud.toml");
  expect([exitCode, out]).toEqual([2, ""]);
  expect(err).toMatch(new RegExp(`^${file}:4: cloud.hold_above .*(${cause}).*; write hold_above = 2, for example\n`, "i"));
});

test("how long events are kept is said by kind; what is left out keeps its preset, and every mistake is told with its line", async () => {
  const head = `[site]\nid = "demo"\n`;
  const file = written(`${head}[[retention]]\nevent = "AccessGranted"\ndays = 90\n[[retention]]\nevent = "DoorForcedOpen"\ndays = 36500\n`);
  expect(readCloudConfiguration(file, undefined)).toMatchObject({ configuration: { retentionDays: { ...RETENTION_DAYS, AccessGranted: 90, DoorForcedOpen: 36_500 } } }); // prettier-ignore
  written(`${head}[[retention]]\nevent = "AccessGrated"\ndays = 0\n[[retention]]\nevent = "GapRecord"\ndays = 36501\n[[retention]]\ndays = "ten"\nkeep = 1\n`);
  const { exitCode, err } = await run("config", "check", "cloud.toml");
  expect([exitCode, err.split("\n").slice(0, 7)]).toEqual([
    2,
    [
      `${file}:4: retention[#1].event is "AccessGrated": no kind of event that has a time of its own; docs/feed-and-events.md names them; write event = "AccessGranted", for example`,
      `${file}:5: retention[#1].days is 0: 1 at least; write days = 184, for example`,
      `${file}:7: retention[#2].event is "GapRecord": no kind of event that has a time of its own; docs/feed-and-events.md names them; write event = "AccessGranted", for example`,
      `${file}:8: retention[#2].days is 36501: 36500 at most; write days = 184, for example`,
      `${file}:9: retention[#3].event is missing; write event = "AccessGranted", for example`,
      `${file}:10: retention[#3].days is "ten": a whole number is wanted; write days = 184, for example`,
      `${file}:11: retention[#3].keep unknown key "keep"; remove it; known here: event, days`,
    ],
  ]);
  written(`${head}[[retention]]\nevent = "AccessGranted"\ndays = 90\n[[retention]]\nevent = "AccessGranted"\ndays = 91\n`);
  expect((await run("config", "check", "cloud.toml")).err).toContain(`${file}:7: retention[#2].event AccessGranted is named twice; name each kind once\n`);
});

test("the log-in file that a configuration names is judged with it: an account's domain that is none, by its line", async () => {
  written(`[site]\nid = "demo"\n[cloud]\nlog_in = "log-in.toml"\n`);
  const logIn = join(folder, "log-in.toml");
  const oidc = (domains: string) => writeFileSync(logIn, `[oidc]\nissuer = "https://login.example.edu"\nclient_id = "portico"\nredirect_uris = ["https://app.example.edu/in"]\ndomains = ${domains}\n`); // prettier-ignore
  oidc('["example.edu", "connect.example.edu"]');
  expect(await run("config", "check", "cloud.toml")).toMatchObject({ exitCode: 0 });
  oidc('["example.edu",\n  "@Connect.example.edu"]');
  const { exitCode, err } = await run("config", "check", "cloud.toml");
  expect([exitCode, err]).toEqual([2, expect.stringContaining(`line 6: oidc.domains.1: a domain in lower case, such as connect.example.edu\non: ${logIn}\nnext: `)]); // prettier-ignore
  oidc("[]");
  expect((await run("config", "check", "cloud.toml")).err).toContain("line 5: oidc.domains");
});

test("there is one store, and what belongs to another is named", () => {
  written(`${POSTGRES}sqlite = "cloud.db"\n`);
  const file = join(folder, "cloud.toml");
  expect(readCloudConfiguration(file, undefined)).toMatchObject({ ok: false, problems: [{ line: 5, path: "store.sqlite" }] });
  written(`[site]\nid = "demo"\n[store]\nca_file = "ca.pem"\n`);
  expect(readCloudConfiguration(file, undefined)).toMatchObject({ ok: false, problems: [{ line: 4, path: "store.ca_file" }] });
  written(`${POSTGRES}ca_file = "ca.pem"\n`);
  expect(readCloudConfiguration(file, undefined)).toMatchObject({ ok: false, problems: [{ line: 5, cause: expect.stringContaining("no such file") }] });
});

test("a cloud is named by its folder and site, or by a configuration, never by both", async () => {
  written(POSTGRES);
  expect(await run("run", "--data", "cloud")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--site is missing") });
  expect(await run("run", "--site", "demo")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--data is missing") });
  expect(await run("run", "--config", "cloud.toml", "--site", "demo")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--site") });
  expect(await run("key", "list")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--data is missing") });
  expect(await run("key", "list", "--config", "cloud.toml", "--data", "x")).toMatchObject({ exitCode: 2 });
});

test("docs/operating.md names every key of cloud.toml with its preset, in their order", () => {
  const document = readFileSync(new URL("../../docs/operating.md", import.meta.url), "utf8");
  const rows = [...document.matchAll(/^\| `(\w+)\.(\w+)` \| (?:`([^`]*)`)? ?\|/gm)].map(([, table, key, preset]) => [table, key, preset]);
  const keysOf = (table: string): readonly string[] => [...keysAt([table]), ...keysAt([table, 0])];
  const known = keysAt([]).flatMap((table) => keysOf(table).map((key) => [table, key, hasDefault([table, key]) ? exampleAt([table, key]) : undefined]));
  expect(rows).toEqual(known);
});

const DESK = `[site]\nid = "demo"\n[mail]\nsmtp = "smtp://mail.example.edu"\nfrom = "desk@example.edu"\n`;

test("a mail server is reached encrypted, but on this machine; its password comes from a file for its owner alone, and nowhere else", async () => {
  const file = written(DESK);
  const from = { name: "Campus Service Desk", address: "desk@example.edu" };
  const mail = () => readCloudConfiguration(file, undefined);
  expect(mail()).toMatchObject({ configuration: { mail: { host: "mail.example.edu", port: 587, security: "starttls", from }, sms: undefined } });
  written(DESK.replace("smtp://mail.example.edu", "smtps://[::1]"));
  expect(mail()).toMatchObject({ configuration: { mail: { host: "::1", port: 465, security: "tls" } } });
  written(DESK.replace("smtp://mail.example.edu", "smtp://127.0.0.1:2525"));
  expect(mail()).toMatchObject({ configuration: { mail: { port: 2525, security: "none" } } });
  written(`${DESK}user = "desk"\npassword_file = "secret"\n`);
  writeFileSync(join(folder, "secret"), "hunter2\n", { mode: 0o600 });
  expect(mail()).toMatchObject({ configuration: { mail: { login: { user: "desk", password: "hunter2" } } } });
  chmodSync(join(folder, "secret"), 0o644);
  expect((await run("config", "check", file)).err).toContain(`${file}:7: mail.password_file may be read by others on this machine; chmod 600`);
  written(`${DESK}user = "desk"\n`);
  expect((await run("config", "check", file)).err).toContain(`${file}:6: mail.user stands without password_file; name password_file too`);
  written(DESK.replace("smtp://mail.example.edu", "smtp://desk:hunter2@mail.example.edu"));
  const told = await run("config", "check", file);
  expect([told.exitCode, told.err]).toEqual([2, expect.stringContaining(`${file}:4: mail.smtp`)]);
  expect(told.err).not.toContain("hunter2");
});

test("an SMS provider has a key, whose secret is in a file, and a template for each kind of message", async () => {
  const sms = `[site]\nid = "demo"\n[sms]\naccess_key_id = "LTAI"\naccess_key_secret_file = "sms.secret"\nsign_name = "示例"\n`;
  const file = written(`${sms}[[sms_template]]\nkind = "repair.dispatched"\ncode = "SMS_1"\n`);
  expect((await run("config", "check", file)).err).toContain(`${file}:5: sms.access_key_secret_file ${join(folder, "sms.secret")} cannot be read: ENOENT`);
  writeFileSync(join(folder, "sms.secret"), "s3cret", { mode: 0o600 });
  const templates = new Map([["repair.dispatched", "SMS_1"]]);
  expect(readCloudConfiguration(file, undefined)).toMatchObject({ configuration: { sms: { url: "https://dysmsapi.aliyuncs.com", key: { id: "LTAI", secret: "s3cret" }, templates } } }); // prettier-ignore
  written(`${sms}[[sms_template]]\nkind = "repair.dispatched"\ncode = "SMS_1"\n[[sms_template]]\nkind = "repair.dispatched"\ncode = "SMS_2"\n`);
  expect((await run("config", "check", file)).err).toContain("repair.dispatched is named twice; name each kind once");
  written(`${sms}url = "http://dysmsapi.aliyuncs.com"\n`);
  expect((await run("config", "check", file)).err).toContain(`${file}:7: sms.url`);
});
