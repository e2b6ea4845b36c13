import { simulatedClock, systemClock } from "@portico/firmware-ts";
import { httpIpp, printerPlace, PrintQueue } from "@portico/firmware-ts/ipp";
import { expect, onTestFinished, test } from "vitest";
import { servePrinter } from "./serve-printer.ts";
import { VirtualPrinter } from "./virtual-printer.ts";

const DOCUMENT = Uint8Array.of(0x25, 0x21);

/** A queue at a virtual printer within this program, on simulated time. */
function rig() {
  const clock = simulatedClock();
  const printer = new VirtualPrinter({ clock });
  const queue = new PrintQueue({ uri: "ipp://127.0.0.1/printers/findme", user: "portico", timeoutMs: 5_000, exchange: printer.exchange });
  /** The answer to a question, and whatever time it takes. */
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    await clock.pass(6_000);
    return answer;
  };
  return { clock, printer, queue, told };
}

test("a held job is listed with what is known of it, and not with its name", async () => {
  const { printer, queue, told } = rig();
  const id = printer.send({ user: "alice", pages: 3, copies: 2, isDuplex: true, document: DOCUMENT, name: "resignation.pdf" });
  const jobs = await told(queue.jobs());
  expect(jobs).toMatchObject({ ok: true, value: [{ id, state: "held", user: "alice", copies: 2, isDuplex: true, numberUp: 1, ranges: [], impressions: 0 }] });
  expect(JSON.stringify(jobs)).not.toContain("resignation");
  expect(await told(queue.document(id, 1, 1_000))).toEqual({ ok: true, value: DOCUMENT });
  expect(await told(queue.document(id, 1, 1))).toMatchObject({ ok: false, error: "BadReply" });
});

test("a released job is printed to its end, and is over then for release and for cancel", async () => {
  const { clock, printer, queue, told } = rig();
  const id = printer.send({ user: "alice", pages: 3, isDuplex: true, document: DOCUMENT });
  expect(await told(queue.release(id))).toEqual({ ok: true, value: undefined });
  await clock.pass(5_000);
  expect(await told(queue.job(id))).toMatchObject({ value: { state: "completed", impressions: 4 } });
  expect(printer.printed).toBe(4);
  expect(await told(queue.release(id))).toMatchObject({ error: "NotPossible" });
  expect(await told(queue.cancel(id))).toMatchObject({ error: "NotPossible" });
});

test("with the printer off sides count as done that nobody has seen", async () => {
  const { clock, printer, queue, told } = rig();
  printer.power(false);
  const id = printer.send({ user: "alice", pages: 3, document: DOCUMENT });
  await told(queue.release(id));
  expect(await told(queue.job(id))).toMatchObject({ value: { state: "processing", impressions: 3 } });
  expect(await told(queue.status())).toMatchObject({ value: { state: "processing", reasons: ["connecting-to-device"] } });
  expect(printer.printed).toBe(0);
  printer.power(true);
  await clock.pass(4_000);
  expect(printer.printed).toBe(3);
  expect(await told(queue.job(id))).toMatchObject({ value: { state: "completed" } });
});

test("a jam stops what is printed until it is cleared", async () => {
  const { clock, printer, queue, told } = rig();
  printer.jamAt(1);
  const id = printer.send({ user: "alice", pages: 2, document: DOCUMENT });
  await told(queue.release(id));
  await clock.pass(60_000);
  expect(await told(queue.job(id))).toMatchObject({ value: { state: "processing", impressions: 1 } });
  expect(await told(queue.status())).toMatchObject({ value: { reasons: ["media-jam-error"] } });
  printer.clearJam();
  await clock.pass(2_000);
  expect([printer.state(id), printer.printed]).toEqual(["completed", 2]);
});

test.each<[string, (printer: VirtualPrinter) => void, string]>([
  ["nothing answers", (printer) => (printer.isDown = true), "Unreachable"],
  ["an answer is lost", (printer) => (printer.answersLost = 1), "TimedOut"],
  ["its policy does not let us", (printer) => (printer.isForbidden = true), "NotAuthorized"],
  ["the job is not there", (printer) => printer.forget(1), "NotFound"],
  ["the job was cancelled", (printer) => printer.cancelElsewhere(1), "NotPossible"],
])("%s: a release says so", async (_, spoil, error) => {
  const { printer, queue, told } = rig();
  const id = printer.send({ user: "alice", pages: 1, document: DOCUMENT });
  spoil(printer);
  expect(await told(queue.release(id))).toMatchObject({ ok: false, error });
});

test("a printer that keeps no documents says that it cannot give them", async () => {
  const clock = simulatedClock();
  const printer = new VirtualPrinter({ clock, keepsDocuments: false });
  const queue = new PrintQueue({ uri: "ipp://127.0.0.1/printers/findme", user: "portico", timeoutMs: 5_000, exchange: printer.exchange });
  const id = printer.send({ user: "alice", pages: 1, document: DOCUMENT });
  const answer = queue.document(id, 1, 1_000);
  await clock.pass(0);
  expect(await answer).toMatchObject({ error: "PrinterRefused" });
});

test("over HTTP it is the same, and whatever goes wrong on the way is an answer, never an exception", async () => {
  const time = simulatedClock();
  const printer = new VirtualPrinter({ clock: time });
  const served = await servePrinter(printer);
  onTestFinished(() => served.close());
  const place = printerPlace(served.uri)!;
  const clock = systemClock(() => "untrusted");
  const queueAt = (exchange = httpIpp({ place, clock }), uri = served.uri) => new PrintQueue({ uri, user: "portico", timeoutMs: 20_000, exchange });
  const queue = queueAt();
  const id = printer.send({ user: "alice", pages: 1, document: new Uint8Array(100_000).fill(7) });
  expect(await queue.jobs()).toMatchObject({ ok: true, value: [{ id, user: "alice" }] });
  const document = await queue.document(id, 1, 100_000);
  expect(document.ok && document.value.every((byte) => byte === 7) && document.value.length).toBe(100_000);
  for (const [fault, error] of [
    ["status500", "BadReply"],
    ["hangUp", "Unreachable"],
    ["noJson", "BadReply"],
    ["endless", "BadReply"],
  ] as const) {
    // prettier-ignore
    served.fail("/printers/findme", fault);
    expect(await queue.release(id), fault).toMatchObject({ ok: false, error });
  }
  // Silence ends by the clock that was given, not by the socket's own.
  served.fail("/printers/findme", "silent");
  const silence = served.silence();
  const asked = queueAt(httpIpp({ place, clock: time })).release(id);
  await silence;
  time.advance(20_000);
  expect(await asked).toMatchObject({ ok: false, error: "TimedOut" });
  expect(printer.state(id)).toBe("held");
  await served.close();
  expect(await queue.release(id)).toMatchObject({ ok: false, error: "Unreachable" });
});

test.each([
  ["ipp://print.example.edu/printers/findme", "http://print.example.edu:631/printers/findme"],
  ["ipps://10.0.0.5:8443/ipp/print", "https://10.0.0.5:8443/ipp/print"],
  ["ipp://[fd00::1]/printers/a", "http://[fd00::1]:631/printers/a"],
  ["http://print.example.edu/printers/findme", undefined],
  ["ipp://user:secret@print.example.edu/printers/a", undefined],
  ["ipp://print.example.edu", undefined],
])("%s is at %s", (uri, url) => {
  expect(printerPlace(uri)?.url).toBe(url);
});
