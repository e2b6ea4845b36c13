import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DENY_REASONS, EVENT_NAMES, hexToBytes, REMEDIES, REMEDY, remedyAgainst } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { expect, test } from "vitest";
import { REFUSAL, type RefusalRow } from "../core/refusal.ts";
import { EVENT_NOTIFICATION } from "../notifications/event-notification.ts";
import { NOTIFICATION } from "../notifications/notification.ts";
import { ROUTE_LIST } from "./routes.ts";
import { SCOPES } from "./scopes.ts";
import { signRequest } from "./signing.ts";

const FILE = fileURLToPath(new URL("../../../docs/api.md", import.meta.url));
const DOCUMENT = readFileSync(FILE, "utf8");
/** The code blocks of the worked example: key, body, signature base, request. */
const [KEY, BODY, BASE, REQUEST] = [...DOCUMENT.slice(DOCUMENT.indexOf("### A worked example")).matchAll(/```\w*\n([\s\S]*?)\n```/g)].map(([, text]) => text!);
const given = (name: string): string => new RegExp(`^${name}\\s+(\\S+)$`, "m").exec(KEY!)![1]!;
/** The document with these rows in the table under a heading. */
function withRows(document: string, heading: string, rows: readonly string[]): string {
  const head = new RegExp(`(\n## ${heading}\n[^]*?\n\\| ---[^\n]*\n)[^]*?\n(?=\n|$)`);
  expect(document).toMatch(head);
  return document.replace(head, (_, above: string) => `${above}${rows.join("\n")}\n`);
}

test("docs/api.md lists every scope, kind of notification with the events that it is told of, remedy, route and refusal as the tables have them: npx vitest run -u writes them anew", async () => {
  const scopes = Object.entries(SCOPES).map(([scope, opens]) => `| \`${scope}\` | ${opens} |`);
  const routes = ROUTE_LIST.map(({ name, route: { scope, summary } }) => `| \`${name}\` | ${scope === "none" ? scope : `\`${scope}\``} | ${summary} |`);
  const refusals = Object.entries<RefusalRow>(REFUSAL).map(
    ([name, { status, rule = "", title, remedy }]) => `| ${status} | \`${name}\` | ${rule} | ${title} | ${remedy} |`,
  );
  const eventsOf = (kind: string): string => EVENT_NAMES.filter((name) => EVENT_NOTIFICATION[name] === kind).map((name) => `\`${name}\``).join(" "); // prettier-ignore
  const kinds = Object.entries(NOTIFICATION).map(([kind, { en, zh }]) => `| \`${kind}\` | ${en} / ${zh} | ${eventsOf(kind)} |`);
  const remedies = REMEDIES.map((remedy) => `| \`${remedy}\` | ${DENY_REASONS.filter((reason) => remedyAgainst(reason) === remedy).map((reason) => `\`${reason}\``).join(" ")} | ${REMEDY[remedy].en} | ${REMEDY[remedy].zh} |`); // prettier-ignore
  const told = [["Scopes", scopes], ["Notifications", kinds], ["Remedies", remedies], ["Routes", routes], ["Refusals", refusals]].reduce((text, [heading, rows]) => withRows(text, heading as string, rows as string[]), DOCUMENT); // prettier-ignore
  await expect(told).toMatchFileSnapshot(FILE);
});

test("the worked example of docs/api.md: what is signed is built by hand from the request, and its signature holds", () => {
  const seed = hexToBytes(given("seed"))!;
  const signer = nodeSigner(seed);
  expect(Buffer.from(signer.publicKey).toString("hex")).toBe(given("public"));
  const [first, ...fields] = REQUEST!.split("\n\n")[0]!.split("\n");
  const [method, target] = first!.split(" ");
  const headers = new Map(fields.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]));
  const input = headers.get("signature-input")!.replace(/^sig=/, "");
  const values: Record<string, string> = { "@method": method!, "@authority": headers.get("host")!, "@path": target!.split("?")[0]!, "@query": "?" };
  const covered = [.../\(([^)]*)\)/.exec(input)![1]!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
  const base = [...covered.map((name) => `"${name}": ${values[name] ?? headers.get(name)}`), `"@signature-params": ${input}`].join("\n");
  expect(base).toBe(BASE);
  expect(headers.get("signature")).toBe(`sig=:${Buffer.from(signer.sign(Buffer.from(base))).toString("base64")}:`);
  expect(REQUEST!.split("\n\n")[1]).toBe(BODY);
  expect(headers.get("content-digest")).toBe(`sha-256=:${Buffer.from(nodeSha256(Buffer.from(BODY!))).toString("base64")}:`);
});

test("the client of ours signs the worked example to the same bytes", async () => {
  const [first, ...fields] = REQUEST!.split("\n\n")[0]!.split("\n");
  const [method, target] = first!.split(" ");
  const header = (name: string): string => fields.find((line) => line.toLowerCase().startsWith(`${name}: `))!.slice(name.length + 2);
  const signed = await signRequest(
    {
      method: method!,
      url: `https://${header("host")}${target}`,
      headers: { "idempotency-key": header("idempotency-key"), "portico-reason": header("portico-reason") },
      body: BODY!,
    },
    { signer: nodeSigner(hexToBytes(given("seed"))!), created: Number(given("created")), nonce: given("nonce") },
  );
  for (const name of ["signature-input", "signature", "content-digest", "content-type"]) expect(signed.headers.get(name)).toBe(header(name));
});
