import type { Signer } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import * as fc from "fast-check";
import { httpbis } from "http-message-signatures";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiCampus, apiCampus, plainPerson } from "../rig/api-campus.ts";
import { type ApiRig, apiRig, imageOf, type RigImage, URL_OF_RIG } from "../rig/api-rig.ts";
import { applied, planned, rowOf } from "../rig/push-cases.ts";
import { readAsked, type Reading } from "./asking.ts";
import type { Problem } from "./problem.ts";
import { type NamedRoute, ROUTE_LIST } from "./routes.ts";
import { BODY_BYTES_MAX } from "./signature-profile.ts";
import { coveredOf, signRequest } from "./signing.ts";
import { waitingMachine } from "../rig/waiting-machine.ts";

let rig: ApiRig;
let signer: Signer;
beforeEach(async () => {
  rig = await apiRig();
  signer = nodeSigner(rig.backend.seed);
});
afterEach(() => rig.close());

let nth = 0;
async function send(method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}, sent: Readonly<Record<string, string>> = {}) {
  const with_ = { signer, created: rig.cloud.now(), nonce: `nonce-of-a-test-${nth++}` };
  const signed = await signRequest({ method, url: `${URL_OF_RIG}${path}`, headers, ...(body === undefined ? {} : { body }) }, with_);
  const request = new Request(signed.url, { method, headers: { ...Object.fromEntries(signed.headers), ...sent }, body: body ?? null });
  const response = await rig.fetch(request);
  return { status: response.status, response, problem: (await response.json()) as Problem };
}
const ID = "01990246-a5d0-7000-8000-0123456789ab";
const fields = ({ errors }: Problem) => (errors ?? []).map(({ in: where, pointer }) => `${where} ${pointer}`).sort();

test("every wrong field is named, in path, query, header and body at once", async () => {
  const body = { ...plainPerson("no mail"), name: "", phone: "138", partySize: 0, flags: ["visitor"], surname: "x", mail: undefined };
  const { status, response, problem } = await send("PUT", "/v1/persons/nobody?limit=1", JSON.stringify(body), { "portico-reason": "%e5" });
  expect([status, response.headers.get("content-type"), problem.reason]).toEqual([400, "application/problem+json", "RequestMalformed"]);
  expect(fields(problem)).toEqual([
    "body /account",
    "body /flags/0",
    "body /mail",
    "body /name",
    "body /partySize",
    "body /phone",
    "body /surname",
    "header /portico-reason",
    "path /id",
    "query /limit",
  ]);
  expect(problem.detail).toContain("10 fields are wrong: query /limit, header /portico-reason, path /id, body /account");
});

test.each<[what: string, method: string, path: string, body: string | undefined, wrong: readonly string[]]>([
  ["half a JSON", "POST", "/v1/persons", '{"account":', ["body "]],
  ["no body", "POST", "/v1/persons", "", ["body "]],
  ["a body where none is wanted", "POST", "/v1/zones/east/rotate-key", "{}", ["body "]],
  ["a list in place of an object", "POST", "/v1/persons", "[]", ["body "]],
  ["an end before its beginning", "PUT", `/v1/groups/a/members/${ID}`, JSON.stringify({ validity: { from: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" } }), ["body /validity/until"]], // prettier-ignore
  ["a time without an offset, and one between two seconds", "PUT", `/v1/groups/a/members/${ID}`, JSON.stringify({ validity: { from: "2026-01-02T00:00:00", until: "2026-01-03T00:00:00.5Z" } }), ["body /validity/from", "body /validity/until"]], // prettier-ignore
  ["a day that does not exist", "PUT", "/v1/special-days/a", JSON.stringify({ days: ["2026-02-29"] }), ["body /days/0"]],
  ["a phase twice", "PUT", "/v1/calendar", JSON.stringify({ from: "2026-01-01", until: "2027-01-01", days: [], termPhases: [{ phase: "a", from: "2026-02-01", until: "2026-03-01" }, { phase: "a", from: "2026-02-01", until: "2026-04-01" }] }), ["body /termPhases"]], // prettier-ignore
  [
    "a name with a control character",
    "PUT",
    "/v1/zones/east",
    JSON.stringify({ names: { zh: "a\u0007", en: "\ud800" } }),
    ["body /names/en", "body /names/zh"],
  ],
  ["a parameter twice", "GET", "/v1/persons?limit=1&limit=2", undefined, ["query /limit"]],
  ["an unknown parameter", "GET", "/v1/persons?limits=1", undefined, ["query /limits"]],
  ["a limit beyond", "GET", "/v1/persons?limit=1001", undefined, ["query /limit"]],
  ["half a subject", "GET", `/v1/grants?subject=${ID}`, undefined, ["query "]],
  ["account and phone", "GET", "/v1/persons?account=a@example.edu&phone=+8613800138000", undefined, ["query "]],
  ["a percent sign that stands alone", "GET", "/v1/credentials/%zz", undefined, ["path /id"]],
  ["a name that every object has", "GET", "/v1/persons?__proto__=1&constructor=2", undefined, ["query /__proto__", "query /constructor"]],
])("%s is a wrong field with its name", async (_, method, path, body, wrong) => {
  const { status, problem } = await send(method, path, body);
  expect([status, problem.reason, fields(problem)]).toEqual([400, "RequestMalformed", wrong]);
});

test("what is not UTF-8, and what is not said to be JSON, is refused", async () => {
  const person = JSON.stringify(plainPerson(null));
  const { status, problem } = await send("POST", "/v1/persons", person, {}, { "content-type": "text/plain" });
  expect([status, problem.reason]).toEqual([415, "ContentTypeRefused"]);
  expect((await send("POST", "/v1/persons", person, {}, { "content-type": "application/json; charset=utf-8" })).status).toBe(201);
  const bytes = Buffer.from(person).fill(0xff, person.indexOf("张"), person.indexOf("张") + 1);
  const digest = `sha-256=:${Buffer.from(nodeSha256(bytes)).toString("base64")}:`;
  const message = { method: "POST", url: `${URL_OF_RIG}/v1/persons`, headers: { "content-type": "application/json", "content-digest": digest } };
  const signer = nodeSigner(rig.backend.seed);
  const signed = await httpbis.signMessage(
    {
      key: { id: Buffer.from(signer.publicKey).toString("hex"), sign: (base) => Promise.resolve(Buffer.from(signer.sign(base))) },
      fields: coveredOf(message.headers),
      params: ["created", "keyid", "nonce"],
      paramValues: { created: new Date(rig.cloud.now() * 1000), nonce: "0123456789abcdef" },
    },
    message,
  );
  const response = await rig.fetch(new Request(message.url, { method: "POST", headers: signed.headers, body: bytes }));
  expect([response.status, fields((await response.json()) as Problem)]).toEqual([400, ["body "]]);
});

test("a body over 1 MiB is refused, whether it says its length or not; one of 1 MiB is read", async () => {
  const person = JSON.stringify(plainPerson(null));
  const padded = (length: number): string => person + " ".repeat(length - Buffer.byteLength(person));
  expect((await send("POST", "/v1/persons", padded(BODY_BYTES_MAX))).status).toBe(201);
  const { status, problem } = await send("POST", "/v1/persons", padded(BODY_BYTES_MAX + 1));
  expect([status, problem.reason]).toEqual([413, "BodyTooLarge"]);
  expect((await send("POST", "/v1/persons", padded(BODY_BYTES_MAX + 1), {}, { "content-length": String(BODY_BYTES_MAX + 1) })).status).toBe(413);
  const unsigned = await rig.fetch(new Request(`${URL_OF_RIG}/v1/persons`, { method: "POST", body: padded(BODY_BYTES_MAX + 1) }));
  expect(unsigned.status, "nothing is read of who is not known").toBe(401);
});

test("a path that leads nowhere is 404, a method that a path does not take 405 with those that it takes", async () => {
  for (const path of ["/", "/v1", "/v1/person", `/v1/persons/${ID}/`, "/v2/persons", "/v1/persons//credentials"]) {
    const response = await rig.fetch(new Request(`${URL_OF_RIG}${path}`));
    expect([response.status, ((await response.json()) as Problem).reason], path).toEqual([404, "RouteUnknown"]);
  }
  const response = await rig.fetch(new Request(`${URL_OF_RIG}/v1/persons/${ID}`, { method: "POST", body: "{}" }));
  expect([response.status, response.headers.get("allow"), ((await response.json()) as Problem).reason]).toEqual([405, "PUT, GET, DELETE", "MethodRefused"]);
  expect((await rig.fetch(new Request(`${URL_OF_RIG}/v1/health`, { method: "HEAD" }))).status).toBe(200);
});

test("a mistake of ours is answered with an id, and told without anything that was asked", async () => {
  await rig.cloud.database.queries.schema.alterTable("person").renameTo("elsewhere").execute();
  const { status, problem } = await send("POST", "/v1/persons", JSON.stringify(plainPerson("secret@example.edu")));
  expect([status, problem.reason, problem.id]).toEqual([500, "Unexpected", expect.stringMatching(/^[0-9a-f]{16}$/)]);
  expect(rig.troubles).toMatchObject([
    { id: problem.id, route: "POST /v1/persons", error: expect.stringMatching(/^(?:SqliteError SQLITE_ERROR|error 42P01)$/) },
  ]);
  expect(rig.troubles[0]!.stack[0]).toMatch(/^at /);
  expect(JSON.stringify([rig.troubles, problem])).not.toMatch(/secret|张三|no such table|does not exist/);
});

test("whatever lines a pushed list has, each is planned or refused by field, and it never fails by a mistake of ours", async () => {
  const { client } = rig.backend;
  await apiCampus(client);
  const example = rowOf("a", { groups: ["class-1"], cards: ["0a0b"], qr: true });
  const line = fc.oneof(
    bodyLike(example).map((row) => JSON.stringify(row)),
    fc.string().map((text) => text.replaceAll("\n", "")),
    fc.constantFrom("", "null", "1", "{", '{"key":"a"}', JSON.stringify(example), "\ufeff{}"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 6 }), async (lines) => {
      const push = await planned(client, lines, true);
      const { added, changed, same, refused } = push.counts;
      expect(added + changed + same + refused).toBe(lines.length);
      expect((await applied(client, lines, false)).state).toBe("applied");
      await client.ask("POST /v1/pushes/{id}/drop", { params: { id: push.id } });
    }),
    { numRuns: 60 },
  );
  expect([rig.troubles, rig.failures]).toEqual([[], []]);
});

let filled: { readonly campus: ApiCampus; readonly enrolment: string; readonly image: RigImage } | undefined;
/** The rig with a campus in it, and a machine that waits: filled once, by the API itself. */
async function inFilledRig(): Promise<{ readonly campus: ApiCampus; readonly enrolment: string }> {
  if (filled === undefined) {
    const campus = await apiCampus(rig.backend.client);
    const { id } = await waitingMachine(rig.cloud, "library", 0x33);
    filled = { campus, enrolment: id, image: await imageOf(rig) };
  }
  await rig.close();
  rig = await apiRig(undefined, filled.image);
  return filled;
}

/** A body that is well formed but for some places, and anything at all. */
function bodyLike(example: unknown): fc.Arbitrary<unknown> {
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom<unknown>("", "=1+1", "\u0000", "always", -1, 2 ** 53, 1e308, 0.5, [], {}, null, ["x"], "9999-12-31T23:59:59Z", "__proto__")); // prettier-ignore
  const spoiled = fc.tuple(fc.array(fc.tuple(fc.nat(), odd), { maxLength: 3 }), fc.boolean()).map(([changes, more]) => {
    const body = structuredClone(example) as Record<string, unknown>;
    for (const [place, value] of changes) spoil(body, place, value);
    return more ? { ...body, more: 1 } : body;
  });
  return fc.oneof({ weight: 4, arbitrary: spoiled }, { weight: 1, arbitrary: odd });
}
/** Puts a value at one of the places of a body. */
function spoil(body: Record<string, unknown>, place: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      visit((node as Record<string, unknown>)[key]);
    }
  };
  visit(body);
  const [node, key] = places[place % places.length] ?? [body, "x"];
  node[key] = value;
}

test.each(ROUTE_LIST.filter(({ route }) => route.body !== undefined && route.bodyType === undefined))(
  "whatever body $name is sent, it never fails by a mistake of ours",
  async (named) => {
    const { campus, enrolment } = await inFilledRig();
    const path = named.path
      .replace("{id}", idFor(named.path, { ...campus, enrolment }))
      .replace("{person}", campus.person)
      .replace("{row}", campus.person)
      .replace("{audience}", "student")
      .replace("{lock}", "room-101")
      .replace("{kind}", "case.dispatched");
    const first = await send(named.method, path, JSON.stringify(named.route.example), { "portico-reason": "fuzz" });
    expect(first.problem.reason === "RequestMalformed", "the example is well formed").toBe(false);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(bodyLike(named.route.example), async (body) => {
        const text = JSON.stringify(body);
        const reading = readingOf(named, path, text);
        // What its schema refuses, the API reads and does nothing with: of such bodies the first go the whole way, as all others do.
        if (!reading.ok && ++refused > REFUSED_BY_WIRE) {
          expect(fields(reading.facts as Problem).length).toBeGreaterThan(0);
          return;
        }
        const { status, problem } = await send(named.method, path, text, { "portico-reason": "fuzz" });
        expect([200, 201, 400, 404, 409, 422], JSON.stringify(problem)).toContain(status);
        if (status === 400) expect(problem.errors!.length).toBeGreaterThan(0);
        if (!reading.ok) expect([status, problem.reason, fields(problem)]).toEqual([400, reading.reason, fields(reading.facts as Problem)]);
      }),
      { numRuns: 60 },
    );
    // What was let in can be told to the doors: nothing that a schema takes stops the publications of a whole campus.
    expect([rig.troubles, rig.failures]).toEqual([[], []]);
  },
);

/** Of a route's bodies that are not well formed so many are signed and sent. */
const REFUSED_BY_WIRE = 5;

/** What the API makes of a request before anything else is asked: whether its parts are well formed. */
function readingOf({ path: pattern, ...route }: NamedRoute, path: string, body: string): Reading {
  const segments = path.split("/");
  const params = Object.fromEntries(
    pattern.split("/").flatMap((part, nth) => (part.startsWith("{") ? [[part.slice(1, -1), decodeURIComponent(segments[nth]!)]] : [])),
  );
  const request = new Request(`${URL_OF_RIG}${path}`, {
    method: route.method,
    headers: { "content-type": "application/json", "portico-reason": "fuzz" },
    body,
  });
  return readAsked({ ...route, path: pattern }, { request, params, body: Buffer.from(body) });
}

function idFor(path: string, { person, card, enrolment }: { readonly person: string; readonly card: string; readonly enrolment: string }): string {
  if (path.startsWith("/v1/persons") || path.startsWith("/v1/wallets") || path.startsWith("/v1/access-reviews")) return person;
  if (path.startsWith("/v1/credentials")) return card;
  if (path.startsWith("/v1/enrolments")) return enrolment;
  if (path.startsWith("/v1/movements") || path.startsWith("/v1/top-ups")) return "movement-0001";
  if (path.startsWith("/v1/cases")) return "BX-2026-000042";
  if (path.startsWith("/v1/tills")) return "merchant%2Fshop";
  if (path.startsWith("/v1/pushes") || path.startsWith("/v1/movement-requests") || path.startsWith("/v1/reservations") || path.startsWith("/v1/outbox"))
    return ID;
  return path.startsWith("/v1/schedules")
    ? "weekdays"
    : path.startsWith("/v1/special-days")
      ? "open-days"
      : path.startsWith("/v1/groups")
        ? "class-1"
        : "gates";
}
