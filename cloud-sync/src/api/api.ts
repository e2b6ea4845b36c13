import { OpenAPIHono } from "@hono/zod-openapi";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { PresentedKey } from "../callers.ts";
import type { Cloud } from "../cloud.ts";
import type { CommandDesk } from "../commands/command-desk.ts";
import type { ConfigurationDesk } from "../fleet/configuration-desk.ts";
import { RETENTION_DAYS, type RetentionDays } from "../core/event-retention.ts";
import { REFUSAL, type RefusalFacts, type RefusalName, type RefusalRow } from "../core/refusal.ts";
import { type Authority, authorityOf, coveringDelegation } from "../delegation/authority.ts";
import type { Publisher } from "../expansion/publisher.ts";
import { FleetHolding } from "../fleet/holding.ts";
import type { MoneyDesk } from "../ledger/money-desk.ts";
import type { CloudKeys } from "../keys/cloud-keys.ts";
import type { PassKey } from "../passes/pass-key.ts";
import type { LogInProviders } from "../login/log-in.ts";
import { contactOfCategory } from "../services/contact-answer.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { type HeldRemoval, MASS_REMOVAL_LIMITS, type MassRemovalLimits } from "../push/mass-removal.ts";
import { type AskedHeaders, readAsked } from "./asking.ts";
import { Entrance } from "./entrance.ts";
import { DelegationOver } from "../mutation.ts";
import { DELEGATED_SCOPES } from "./roles.ts";
import { type Answer, KeptAnswers } from "./kept-answers.ts";
import { openApiDocument } from "./openapi.ts";
import { PROBLEM_MEDIA_TYPE, type ProblemFacts, problemOf } from "./problem.ts";
import type { Call } from "./route.ts";
import { type NamedRoute, ROUTE_LIST } from "./routes.ts";
import { ACCEPT_SIGNATURE } from "./signature-profile.ts";

/** A mistake of ours that a request has met, without anything of the request but its route. */
export interface ApiTrouble {
  /** As the answer tells it. */
  readonly id: string;
  readonly route: string;
  /** Name and code: messages may hold what was asked. */
  readonly error: string;
  readonly stack: readonly string[];
}

/** What the API is made of. */
export interface ApiNeeds {
  readonly cloud: Cloud;
  readonly publisher: Pick<Publisher, "published">;
  /** What signs passes at this instant; undefined: nothing does. */
  readonly passKey: () => PassKey | undefined;
  /** What the campus offers, and whom to ask. */
  readonly services: ServiceDocument;
  readonly logIn: LogInProviders;
  /** What the cloud signs with. */
  readonly keys: CloudKeys;
  readonly commands: CommandDesk;
  readonly configurations: ConfigurationDesk;
  readonly money: MoneyDesk;
  readonly notifier: Call["notifier"];
  readonly outbox: Call["outbox"];
  readonly caseTypes: Call["caseTypes"];
  readonly attachments: Call["attachments"];
  readonly onTrouble: (trouble: ApiTrouble) => void;
  /** Judges signatures; default: the cloud's clock. ms. */
  readonly callersNowMs?: () => number;
  /** Default: {@link RETENTION_DAYS}. */
  readonly retentionDays?: RetentionDays;
  /** Default: {@link MASS_REMOVAL_LIMITS}. */
  readonly limits?: MassRemovalLimits;
  /** A change waits for a second operator, who has to hear of it. */
  readonly onHeld?: (held: HeldRemoval) => void;
}

/** Who has signed a request, and what that lets it do. */
interface Caller {
  readonly key: PresentedKey;
  readonly authority: Authority;
  /** It has the route's scope for the whole campus; else by delegation, at some places, if at all. */
  readonly isCampusWide: boolean;
}
const NOBODY: Authority = { scopes: new Set(), delegations: [], isOperator: false };

/** The HTTP API under `/v1`, without a socket: `fetch` answers a Request. docs/api.md. */
export function makeApi({
  onTrouble,
  onHeld = () => {},
  limits = MASS_REMOVAL_LIMITS,
  retentionDays = RETENTION_DAYS,
  callersNowMs,
  ...parts
}: ApiNeeds): OpenAPIHono {
  const { cloud, services } = parts;
  const app = new OpenAPIHono();
  const entrance = new Entrance(callersNowMs === undefined ? cloud : { ...cloud, nowMs: callersNowMs });
  const keptAnswers = new KeptAnswers(cloud);
  const holding = new FleetHolding(cloud);

  async function answerTo(named: NamedRoute, request: Request, params: Readonly<Record<string, string>>): Promise<Answer> {
    const { scope } = named.route;
    if (scope === "none") return answerOf(named, undefined, request, params, new Uint8Array(0));
    const admitted = await entrance.admit(request, named.route.bodyBytesMax);
    if (!admitted.ok) return refusal(admitted.error, { detail: admitted.detail, scope });
    const { key, body } = admitted.value;
    const found = await authorityOf(cloud, key);
    if (!found.ok) return refusal(found.error, { detail: found.detail });
    const { scopes, delegations } = found.value;
    if (!scopes.has(scope) && (delegations.length === 0 || !DELEGATED_SCOPES.includes(scope)))
      return refusal("ScopeMissing", { detail: `key ${key.id} has not the scope ${scope}`, scope });
    return answerOf(named, { key, authority: found.value, isCampusWide: scopes.has(scope) }, request, params, body);
  }

  async function answerOf(
    named: NamedRoute,
    caller: Caller | undefined,
    request: Request,
    params: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): Promise<Answer> {
    const reading = readAsked(named, { request, params, body });
    if (!reading.ok) return refusal(reading.reason, reading.facts);
    const { reason, idempotencyKey } = reading.value;
    const note = { actor: caller?.key.actor ?? "", action: named.route.action ?? "", target: "", reason };
    const authority = caller?.authority ?? NOBODY;
    let call: Call = {
      ...parts,
      holding,
      limits,
      retentionDays,
      onHeld,
      authority,
      delegation: undefined,
      note,
      apiKey: caller?.key,
      document: openApiDocument,
    };
    // Whoever acts in person says why.
    if (authority.isOperator && named.route.action !== null && reason === "") return refusal("ReasonRequired", { detail: named.route.action });
    if (caller !== undefined && !caller.isCampusWide) {
      const { route } = named;
      if (route.within === undefined) return refusal("NotDelegable", { detail: named.name });
      const covering = await coveringDelegation(cloud.database.queries, authority, await route.within(call, reading.value));
      if (!covering.ok) return refusal(covering.error, { detail: covering.detail });
      call = { ...call, delegation: covering.value, note: { ...note, delegation: covering.value.id } };
    }
    const act = async (): Promise<Answer> => {
      const result = await named.route.act(call, reading.value);
      if (result.ok) return json(named.route.status ?? 200, result.value);
      return refusal(result.error, { detail: result.detail, ...(result as { readonly facts?: RefusalFacts }).facts });
    };
    if (caller === undefined || idempotencyKey === undefined || named.route.keepsAnswer === false) return act();
    const kept = await keptAnswers.once(caller.key.id, idempotencyKey, fingerprint(request, reading.value, body), act);
    return kept.ok ? kept.value : refusal(kept.error, { detail: kept.detail });
  }

  /** Who is refused for a rule of the campus hears whom to ask (rule 1.7). */
  function refusal(reason: RefusalName, facts: ProblemFacts): Answer {
    const { caseCategory }: RefusalRow = REFUSAL[reason];
    const contact = caseCategory === undefined ? undefined : contactOfCategory(services, caseCategory);
    const told = problemOf(reason, { contact, ...facts });
    return { status: told.status, mediaType: PROBLEM_MEDIA_TYPE, body: JSON.stringify(told) };
  }

  for (const named of ROUTE_LIST)
    app.on(named.method, named.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (context) => {
      try {
        return responseOf(await answerTo(named, context.req.raw, context.req.param()));
      } catch (error) {
        if (error instanceof DelegationOver) return responseOf(refusal("DelegationEnded", { detail: "" }));
        const id = bytesToHex(cloud.randomBytes(8));
        onTrouble({ id, route: named.name, ...traceOf(error) });
        return responseOf(refusal("Unexpected", { detail: `looked up under ${id}`, id }));
      }
    });
  app.notFound(({ req }) => {
    const allowed = [...new Set(ROUTE_LIST.filter(({ path }) => patternOf(path).test(req.path)).map(({ method }) => method))];
    if (allowed.length === 0) return responseOf(refusal("RouteUnknown", { detail: "" }));
    return responseOf(refusal("MethodRefused", { detail: `takes ${allowed.join(", ")}` }), { allow: allowed.join(", ") });
  });
  return app;
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);

const json = (status: number, value: unknown): Answer => ({ status, mediaType: "application/json", body: JSON.stringify(value) });

function responseOf({ status, mediaType, body }: Answer, more: Readonly<Record<string, string>> = {}): Response {
  const unsigned = status === 401 ? { "www-authenticate": "Signature", "accept-signature": ACCEPT_SIGNATURE } : {};
  return new Response(body, {
    status,
    headers: { "content-type": mediaType, "cache-control": "no-store", "x-content-type-options": "nosniff", ...unsigned, ...more },
  });
}

/** All that makes one request another. */
function fingerprint({ method, url }: Request, { reason }: AskedHeaders, body: Uint8Array): Uint8Array {
  const { pathname, search } = new URL(url);
  return nodeSha256(Buffer.concat([Buffer.from(JSON.stringify([method, pathname, search, reason])), body]));
}

/** Where it happened, without its message: that may hold what was asked. */
function traceOf(error: unknown): Pick<ApiTrouble, "error" | "stack"> {
  if (!(error instanceof Error)) return { error: typeof error, stack: [] };
  const { code } = error as { readonly code?: unknown };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { error: typeof code === "string" ? `${error.name} ${code}` : error.name, stack: frames.map((line) => line.trim()) };
}
