import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countPages, httpIpp, type PageCount, printerPlace, type PrintJob, PrintQueue, zlibInflate } from "@portico/firmware-ts/ipp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cups, type PaperTray, paperTray, startCups } from "./cups.ts";
import { clock, startPeer } from "./peer-program.ts";

const PAGE = "/Times-Roman findfont 20 scalefont setfont 100 100 moveto (page) show showpage";
const postScript = (pages: number): string => `%!PS-Adobe-3.0\n%%Pages: ${pages}\n${`%%Page: 1 1\n${PAGE}\n`.repeat(pages)}%%EOF\n`;

let folder: string;
let tray: PaperTray;
let cups: Cups;
let queue: PrintQueue;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-printing-"));
  tray = await paperTray();
  cups = await startCups(`socket://127.0.0.1:${tray.port}/?contimeout=0`);
  queue = new PrintQueue({ uri: cups.uri, user: "portico", timeoutMs: 10_000, exchange: httpIpp({ place: printerPlace(cups.uri)!, clock }) });
}, 60_000);
afterAll(async () => {
  await cups?.stop();
  await tray?.off();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Looks at a job until it is in a state. */
async function job(id: number, isWanted: (job: PrintJob) => boolean): Promise<PrintJob> {
  const deadline = clock.monotonic() + 30_000;
  for (;;) {
    const answer = await queue.job(id);
    if (answer.ok && isWanted(answer.value)) return answer.value;
    if (clock.monotonic() > deadline) throw new Error(`job ${id} is ${JSON.stringify(answer)}\n${cups.log().slice(-1_000)}`);
    await new Promise<void>((resolve) => clock.after(50, resolve));
  }
}
const completed = ({ state }: PrintJob): boolean => state === "completed";
async function pagesOf(id: number): Promise<PageCount> {
  const document = await queue.document(id, 1, 10_000_000);
  if (!document.ok) throw new Error(document.detail);
  return countPages(document.value, zlibInflate);
}

test("rule 2.9: CUPS holds a job, tells whose it is and gives its document to be counted, prints it on release, and is not asked for its name", async () => {
  const id = await cups.print("alice", file("three.ps", postScript(3)), "-n", "2", "-o", "sides=two-sided-long-edge", "-t", "resignation");
  const jobs = await queue.jobs();
  expect(jobs).toMatchObject({ ok: true, value: [{ id, state: "held", user: "alice", copies: 2, isDuplex: true, documents: 1 }] });
  expect(JSON.stringify(jobs)).not.toContain("resignation");
  expect(await pagesOf(id)).toEqual({ kind: "counted", pages: 3 });
  const before = tray.bytes();
  expect(await queue.release(id)).toMatchObject({ ok: true });
  const done = await job(id, completed);
  expect(done.impressions).toBeGreaterThanOrEqual(6);
  expect(tray.bytes()).toBeGreaterThan(before + 1_000);
  for (const again of [await queue.release(id), await queue.cancel(id)]) expect(again).toMatchObject({ ok: false, error: "NotPossible" });
}, 60_000);

test("rule 2.9: CUPS cancels a held job, and does not know one that never was", async () => {
  const id = await cups.print("alice", file("one.ps", postScript(1)));
  expect(await queue.cancel(id)).toMatchObject({ ok: true });
  expect((await job(id, ({ state }) => state === "canceled")).id).toBe(id);
  expect(await queue.release(id)).toMatchObject({ ok: false, error: "NotPossible" });
  expect(await queue.job(id + 1_000)).toMatchObject({ ok: false, error: "NotFound" });
}, 60_000);

test("rule 2.9: CUPS whose printer is off counts sides that nobody has seen, says that it is processing, and prints when it is on again", async () => {
  await tray.off();
  const before = tray.bytes();
  const id = await cups.print("alice", file("two.ps", postScript(2)));
  expect(await queue.release(id)).toMatchObject({ ok: true });
  const waiting = await job(id, ({ impressions }) => impressions === 2);
  expect([waiting.state, tray.bytes()]).toEqual(["processing", before]);
  await tray.on();
  expect((await job(id, completed)).impressions).toBe(2);
  expect(tray.bytes()).toBeGreaterThan(before);
}, 90_000);

test("rule 2.9: CUPS that is stopped and started, or killed, still holds what it held", async () => {
  const id = await cups.print("alice", file("kept.ps", postScript(1)));
  await job(id, ({ state }) => state === "held");
  await cups.restart();
  expect(await queue.job(id)).toMatchObject({ ok: true, value: { id, state: "held", user: "alice" } });
  await cups.restart("SIGKILL");
  expect(await queue.job(id)).toMatchObject({ ok: true, value: { id, state: "held", user: "alice" } });
  expect(await queue.release(id)).toMatchObject({ ok: true });
  await job(id, completed);
}, 90_000);

test("rule 2.9: the pages of PDF as Ghostscript writes it are counted, with object streams and without", async () => {
  const source = file("seven.ps", postScript(7));
  for (const level of ["1.4", "1.7"]) {
    const pdf = join(folder, `seven-${level}.pdf`);
    const program = await startPeer("ghostscript", "gs", [
      "-q",
      "-dNOPAUSE",
      "-dBATCH",
      "-sDEVICE=pdfwrite",
      `-dCompatibilityLevel=${level}`,
      `-sOutputFile=${pdf}`,
      source,
    ]);
    await program.ended;
    const id = await cups.print("alice", pdf);
    expect(await pagesOf(id), level).toEqual({ kind: "counted", pages: 7 });
    await queue.cancel(id);
  }
}, 60_000);
