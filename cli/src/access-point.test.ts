import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessPointRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { instantText } from "./time-text.ts";
import { type CommandRecord, RecordedSurroundings, type RecordedOptions } from "./recorded-surroundings.ts";

const ROW: AccessPointRow = {
  id: "gate-1-in",
  opens: "gate-1/entry",
  scanner: "gate-1-in",
  enabled: true,
  egress: false,
  demandsChallenge: true,
  challengeOn: null,
  challengeDark: null,
  replayGroup: "main-gate/entry",
  zone: null,
  freshness: "fresh",
  since: null,
  next: null,
};
/** 2026-11-26 02:00 UTC. */
const NINE = 1_795_658_400;

/** A controller that gives one answer after the other, the last one for ever. */
async function standIn(
  ...answers: readonly unknown[]
): Promise<{ readonly socket: string; readonly asked: string[]; readonly run: (options: RecordedOptions, ...words: string[]) => Promise<CommandRecord> }> {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  const socket = join(folder, "controller.sock");
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => server.listen(socket, done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    rmSync(folder, { recursive: true });
  });
  return { socket, asked, run: (options, ...words) => new RecordedSurroundings(options).run(...words, "--socket", socket) };
}

test("access-point list shows what each reader opens and how it was commissioned", async () => {
  const { run, asked } = await standIn([ROW]);
  expect(await run({ isTty: true }, "access-point", "list")).toEqual({
    exitCode: 0,
    out: `ACCESS POINT  OPENS         SCANNER    REPLAY GROUP     ENABLED  WAY OUT  CHALLENGE  ZONE  LIST
gate-1-in     gate-1/entry  gate-1-in  main-gate/entry  yes      no       demanded         fresh
`,
    err: "",
  });
  expect((await run({}, "access-point", "list")).out).toBe(`${JSON.stringify(ROW)}\n`);
  expect(asked[0]).toBe("GET /v1/access-points");
});

test.each([
  ["stale-ok", { freshness: "stale-strict", at: NINE + 86_400 }, `stale-ok since ${instantText(NINE)}, stale-strict from ${instantText(NINE + 86_400)}`],
  ["stale-strict", { freshness: "essential", at: NINE + 86_400 }, `stale-strict since ${instantText(NINE)}, essential from ${instantText(NINE + 86_400)}`],
  ["essential", { freshness: "expired", at: NINE + 86_400 }, `essential since ${instantText(NINE)}, expired from ${instantText(NINE + 86_400)}`],
  ["expired", null, `expired since ${instantText(NINE)}`],
] as const)("access-point list says of a list that is %s since when, and what it becomes", async (freshness, next, wanted) => {
  const { run } = await standIn([{ ...ROW, zone: "gates", freshness, since: NINE, next }]);
  expect((await run({ isTty: true }, "access-point", "list")).out.split("\n")[1]).toMatch(new RegExp(`gates +${wanted}$`));
});

test("access-point challenge shows the one that is to be answered now", async () => {
  const { run, asked } = await standIn({ challenge: "0011223344556677", shownMs: 4_000 });
  expect((await run({ isTty: true }, "access-point", "challenge", "gate-1-in")).out).toBe("0011223344556677\n");
  expect((await run({}, "access-point", "challenge", "gate-1-in")).out).toBe('{"challenge":"0011223344556677","shownMs":4000}\n');
  expect(asked).toEqual(["POST /v1/access-points/gate-1-in/challenge", "POST /v1/access-points/gate-1-in/challenge"]);
});

test("access-point challenge --follow shows each next one once, until Ctrl-C, which is a good end", async () => {
  const shown = (challenge: string): unknown => ({ challenge, shownMs: 4_000 });
  const { socket } = await standIn(shown("aa"), shown("aa"), shown("bb"), shown("bb"));
  const surroundings = new RecordedSurroundings({ isTty: true });
  surroundings.onWait = () => (surroundings.out.includes("bb") ? surroundings.interrupt() : surroundings.passTime());
  expect(await surroundings.run("access-point", "challenge", "gate-1-in", "--follow", "--socket", socket)).toEqual({ exitCode: 0, out: "aa\nbb\n", err: "" });
});

test("a controller that is not there is told as such", async () => {
  expect(await new RecordedSurroundings({}).run("access-point", "list", "--socket", "/nowhere/controller.sock")).toMatchObject({ exitCode: 3, out: "" });
});
