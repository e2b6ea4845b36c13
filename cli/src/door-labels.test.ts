import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { doorInCode } from "./label.ts";
import { runRecorded } from "./recorded-surroundings.ts";

const jsQR = createRequire(import.meta.url)("jsqr") as typeof import("jsqr").default;
const PIXELS = 3;

const PORTICO = `[site]
id = "campus-east"
[controller]
id = "gates"
[clock]
trusted_by = "system"
[[wire]]
id = "gate"
serial = "/dev/serial/by-id/usb-A&B_<1>-if00"
baud = 9600
[[wire]]
id = "line"
tcp = "10.0.0.7:4001"
[[wire]]
id = "head"
serial = "/dev/ttyACM0"
[[relay_board]]
id = "gate"
wire = "gate"
protocol = "modbus-rtu"
unit = 3
relays = 8
inputs = 8
[[osdp_pd]]
id = "library"
wire = "line"
address = 5
[[relay_board]]
id = "library"
pd = "library"
protocol = "osdp"
relays = 2
inputs = 3
[[scanner]]
id = "gate-in"
wire = "head"
[[scanner]]
id = "library-in"
pd = "library"
[[turnstile]]
id = "gate-1"
gate = "main"
entry = { board = "gate", relay = 0 }
pass_entry = { board = "gate", input = 0 }
[[door]]
id = "library"
strike = { board = "library", relay = 0 }
contact = { board = "library", input = 0, closed_means = "open" }
fail = "safe"
[[access_point]]
id = "gate-in"
scanner = "gate-in"
turnstile = "gate-1"
direction = "entry"
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
`;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "portico-labels-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  writeFileSync(join(made, "portico.toml"), PORTICO);
  return made;
}

/** What a phone reads in the code of a label. */
function readBack(article: string): string | undefined {
  const size = Number(/viewBox="0 0 (\d+) /.exec(article)![1]);
  const width = size * PIXELS;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, length] of article.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g))
    for (let row = Number(y) * PIXELS; row < (Number(y) + 1) * PIXELS; row++)
      for (let at = Number(x) * PIXELS; at < (Number(x) + Number(length)) * PIXELS; at++) pixels.fill(0, (row * width + at) * 4, (row * width + at) * 4 + 3);
  return jsQR(pixels, width, width, { inversionAttempts: "dontInvert" })?.data;
}

const textOf = (article: string): string => article.replace(/<svg.*<\/svg>/, "").replaceAll(/<\/?\w+[^>]*>/g, " ").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replaceAll(/\s+/g, " ").trim(); // prettier-ignore

test("a page has a label for every door, reader and device, with its wires in words and a code that a phone reads back", async () => {
  const made = folder();
  const done = await runRecorded({ workingFolder: made }, "door", "labels", "--config", "portico.toml", "--out", "labels.html");
  expect(done).toEqual({ exitCode: 0, out: `${join(made, "labels.html")}\n`, err: "9 labels, 1 sheets of A4\n" });
  const page = readFileSync(join(made, "labels.html"), "utf8");
  const articles = page.match(/<article.*<\/article>/g)!;
  expect(articles.map(textOf)).toEqual([
    "library door of gates strike library relay 0 contact library input 0, closed means open without current free",
    "gate-1 turnstile of gates gate main entry gate relay 0 PASS entry gate input 0",
    "gate-in reader of gates opens turnstile gate-1, entry scanner gate-in",
    "library-in reader of gates opens door library scanner library-in",
    "gate relay board of gates protocol modbus-rtu wire gate, /dev/serial/by-id/usb-A&B_<1>-if00 at 9600 baud address unit 3 channels 8 relays, 8 inputs",
    "library relay board of gates protocol osdp address OSDP device library channels 2 relays, 3 inputs",
    "library OSDP device of gates wire line, 10.0.0.7:4001 address 5 security secure",
    "gate-in scanner of gates wire head, /dev/ttyACM0 at 115200 baud",
    "library-in scanner of gates address reader 0 of OSDP device library",
  ]);
  expect(articles.map(readBack)).toEqual([
    "portico:door/library?controller=gates",
    "portico:door/gate-1?controller=gates",
    "portico:reader/gate-in?controller=gates",
    "portico:reader/library-in?controller=gates",
    "portico:relay_board/gate?controller=gates",
    "portico:relay_board/library?controller=gates",
    "portico:osdp_pd/library?controller=gates",
    "portico:scanner/gate-in?controller=gates",
    "portico:scanner/library-in?controller=gates",
  ]);
  expect(/(?:src|href|url\()/.exec(page), "it needs nothing from anywhere").toBeNull();
});

test("one kind alone goes to standard output; a page that is there stays; a configuration with mistakes has no labels", async () => {
  const made = folder();
  const readers = await runRecorded({ workingFolder: made }, "door", "labels", "--config", "portico.toml", "--only", "reader");
  expect([readers.exitCode, readers.out.match(/<h2>[^<]*/g)]).toEqual([0, ["<h2>gate-in", "<h2>library-in"]]);
  writeFileSync(join(made, "page.html"), "mine");
  expect((await runRecorded({ workingFolder: made }, "door", "labels", "--config", "portico.toml", "--out", "page.html")).exitCode).toBe(1);
  expect(readFileSync(join(made, "page.html"), "utf8")).toBe("mine");
  writeFileSync(join(made, "portico.toml"), PORTICO.replace("unit = 3", "unit = 300"));
  const refused = await runRecorded({ workingFolder: made }, "door", "labels", "--config", "portico.toml", "--out", "other.html");
  expect([refused.exitCode, refused.err.includes("this configuration has no labels"), existsSync(join(made, "other.html"))]).toEqual([2, true, false]);
});

test.each([
  ["portico:door/library?controller=gates", { door: "library", controller: "gates" }],
  ["portico:door/lift-1/3?controller=gates", { door: "lift-1/3", controller: "gates" }],
  ["portico:door/library", { door: "library", controller: undefined }],
  ["library", { door: "library", controller: undefined }],
  ["portico:reader/library-in?controller=gates", { door: "portico:reader/library-in?controller=gates", controller: undefined }],
])("what a label says names its door: %s", (text, meant) => {
  expect(doorInCode(text)).toEqual(meant);
});
