import { SetupError } from "@portico/card-protocol";
import { bodyOf, SANDBOX_OUTCOMES } from "@portico/cloud-sync";
import { accountDomain } from "../campus/campus.ts";
import { FAILURE_NAMES, FAILURES, failureSettings, isFailureName } from "./failures.ts";
import { isRefusedReason, REFUSALS } from "./refusals.ts";
import type { Paid, Sandbox, SandboxAnswer } from "./sandbox.ts";
import { KNOWN_PEOPLE } from "./sandbox-people.ts";
import { SandboxTrouble } from "./sandbox-trouble.ts";

const PREFIX = "/sandbox";
const BODY_BYTES_MAX = 64 * 1_024;
/** What a pass or card may be at most. Source: docs/card-format.md. */
const TEXT_BYTES_MAX = 4_096;

/** Whether the sandbox itself is asked, and not the cloud. */
const isForSandbox = (request: Request): boolean => /^\/sandbox(?:\/|$)/.test(new URL(request.url).pathname);

type Body = Readonly<Record<string, unknown>>;
type Answerer = (sandbox: Sandbox, body: Body, name: string) => unknown;

/** What can be asked; `*` stands for a name. docs/sandbox.md. */
const ROUTES: Readonly<Record<string, Answerer>> = {
  "GET /": (sandbox) => sandbox.status(),
  "GET /people": (sandbox) => sandbox.people().map(({ id, name, audience, phone, wallet, card }) => ({
      person: id,
      name,
      account: `${id}@${accountDomain({ site: sandbox.status().site })}`,
      audience,
      carries: [...(phone === undefined ? [] : ["phone"]), ...(wallet === undefined ? [] : ["wallet"]), ...(card === undefined ? [] : ["card"])],
      is: KNOWN_PEOPLE.find((known) => known.id === id)?.is ?? null,
    })), // prettier-ignore
  "POST /failures/*": (sandbox, body, name) => {
    const failure = failureNamed(name);
    const settings = failureSettings(failure, body);
    if (typeof settings === "string") throw new SandboxTrouble(400, settings, failure, "portico sandbox fail --help lists failures and settings");
    return sandbox.fail(failure, settings);
  },
  "DELETE /failures/*": (sandbox, _, name) => sandbox.heal([failureNamed(name)]),
  "DELETE /failures": (sandbox) => sandbox.heal(FAILURE_NAMES),
  "POST /scans": (sandbox, body) => sandbox.scan({ accessPoint: accessPointIn(sandbox, body), read: readIn(sandbox, body) }),
  "POST /refusals/*": (sandbox, _, name) => {
    if (isRefusedReason(name)) return sandbox.refuse(name);
    throw new SandboxTrouble(404, "a sandbox does not bring about that refusal", name, `use one of ${Object.keys(REFUSALS).join(", ")}`);
  },
  "POST /log-ins/*": (sandbox, _, name) => sandbox.logInAs(personNamed(sandbox, name)),
  "POST /payments/*": (sandbox, body, name) => paymentOf(sandbox, body, name),
  "POST /reset": (sandbox) => sandbox.reset(),
};

/** Answers what is asked of the sandbox itself, in JSON. Pages of browsers are not answered: they come from anywhere. */
export const answerSandbox: SandboxAnswer = (sandbox, request) => (isForSandbox(request) ? answered(sandbox, request) : undefined);

async function answered(sandbox: Sandbox, request: Request): Promise<Response> {
  try {
    const { pathname, hostname } = new URL(request.url);
    if (request.headers.has("origin") || !["127.0.0.1", "localhost", "[::1]"].includes(hostname))
      throw new SandboxTrouble(403, "web pages may not make a sandbox fail", request.headers.get("origin") ?? hostname, "ask from a program: docs/sandbox.md");
    const [word = "", name = "", ...rest] = pathname.slice(PREFIX.length + 1).split("/");
    const answer = rest.length > 0 ? undefined : ROUTES[`${request.method} /${word}${name === "" ? "" : "/*"}`];
    if (answer === undefined)
      throw new SandboxTrouble(404, "a sandbox is not asked that", `${request.method} ${pathname}`, `there are ${Object.keys(ROUTES).join(", ")}`);
    const value = await answer(sandbox, request.method === "POST" ? await readBody(request) : {}, name);
    return Response.json(value, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    const trouble = error instanceof SetupError ? new SandboxTrouble(500, error.what, error.where, error.remedy) : error;
    if (!(trouble instanceof SandboxTrouble)) throw error;
    const { status, what: title, on: detail, next: remedy } = trouble;
    const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
    return new Response(JSON.stringify({ type: "about:blank", title, status, detail, remedy }), { status, headers });
  }
}

/** An empty body is an empty object. */
async function readBody(request: Request): Promise<Body> {
  const bytes = await bodyOf(request, BODY_BYTES_MAX);
  try {
    const value: unknown = bytes?.length === 0 ? {} : JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Body;
  } catch {
    // told below
  }
  throw new SandboxTrouble(400, "the body is no JSON object", "request body", `send one, or nothing; at most ${BODY_BYTES_MAX} bytes`);
}

function failureNamed(name: string): keyof typeof FAILURES {
  if (isFailureName(name)) return name;
  throw new SandboxTrouble(404, "a sandbox has no such failure", name, `use one of ${FAILURE_NAMES.join(", ")}`);
}

function personNamed(sandbox: Sandbox, name: string): ReturnType<Sandbox["people"]>[number] {
  const found = sandbox.people().find(({ id }) => id === name.split("@")[0]);
  if (found !== undefined) return found;
  throw new SandboxTrouble(404, "the sandbox has no such person", name, "portico sandbox people shows all");
}

async function paymentOf(sandbox: Sandbox, { outcome = "paid", notice = true }: Body, id: string): Promise<Paid> {
  const known = SANDBOX_OUTCOMES.find((each) => each === outcome);
  if (known === undefined || typeof notice !== "boolean")
    throw new SandboxTrouble(400, "a payment does not go like that", String(outcome), `outcome: one of ${SANDBOX_OUTCOMES.join(", ")}; notice: true or false`);
  const paid = await sandbox.pay(id, known, notice);
  if (paid !== undefined) return paid;
  throw new SandboxTrouble(404, "no such payment waits", id, "begin one: portico wallet topup <person> <fen> --provider sandbox");
}

function accessPointIn(sandbox: Sandbox, { accessPoint }: Body): string {
  const { accessPoints } = sandbox.status();
  const found = accessPoints.find((id) => id === accessPoint);
  if (found !== undefined) return found;
  throw new SandboxTrouble(accessPoint === undefined ? 400 : 404, "the sandbox has no such access point", `accessPoint ${String(accessPoint)}`, `use one of ${accessPoints.join(", ")}`); // prettier-ignore
}

function readIn(sandbox: Sandbox, { person, showing = "pass", text }: Body): string {
  if (typeof text === "string" && text !== "" && Buffer.byteLength(text) <= TEXT_BYTES_MAX && person === undefined) return text;
  if (typeof person !== "string" || text !== undefined)
    throw new SandboxTrouble(400, "nothing is held before the reader", "scan", `send person, or text of at most ${TEXT_BYTES_MAX} bytes`);
  if (showing !== "pass" && showing !== "card") throw new SandboxTrouble(400, "showing: pass or card", String(showing), "leave it out for the phone");
  const { id } = personNamed(sandbox, person);
  const read = sandbox.held(id, showing);
  if (read !== undefined) return read;
  throw new SandboxTrouble(409, `${id} carries no ${showing === "card" ? "card" : "phone"}`, person, "portico sandbox people shows who carries what");
}
