import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AskedWith, Outcome, RouteAnswer, RouteName, RouteParts } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { chosenLanguage } from "./language.ts";
import { readOperatorKey } from "./operator-key.ts";
import type { Surroundings } from "./surroundings.ts";
import { placesFor } from "./places.ts";
import { refusedBy } from "./refusal-text.ts";

/** What {@link cloudOptions} read. */
export interface CloudOptions {
  readonly cloud?: string;
  readonly key?: string;
  readonly data?: string;
}

/** Which cloud whoever types speaks to by default, and as whom: a file of the data folder that the simulator writes, and a technician may. */
export const OPERATOR_FILE = "operator.json";
interface OperatorFile {
  /** `https://cloud.example.edu`, without a path. */
  readonly cloud: string;
  /** File of the private key, from the file's own folder. */
  readonly key: string;
  /** Completes an account that is typed without its domain. */
  readonly accountDomain?: string;
}

/** A cloud that is asked as somebody. */
export interface CloudCalls {
  /** `https://cloud.example.edu`. */
  readonly url: string;
  /** Completes accounts that are typed without a domain; undefined: none does. */
  readonly accountDomain: string | undefined;
  /**
   * Asks, and answers with what the route answers.
   *
   * @param on  what it is about, for the second line of a failure
   * @throws Failure 1 where the cloud refuses, 2 where the request or the key was wrong, 3 where the cloud is not there
   */
  readonly ask: <R extends RouteName>(on: string, route: R, parts: RouteParts<R>, also?: AskedWith) => Promise<RouteAnswer<R>>;
  /** The same, where a refusal is no end. */
  readonly outcome: <R extends RouteName>(route: R, parts: RouteParts<R>, also?: AskedWith) => Promise<Outcome<R>>;
}

/** `--cloud`, `--key`, `--data`: how a verb finds the cloud, and as whom it asks. */
export const cloudOptions = (command: Command): Command =>
  command
    .addOption(new Option("--cloud <url>", `the cloud's address (default: PORTICO_CLOUD, else ${OPERATOR_FILE} in the data folder)`))
    .addOption(new Option("--key <file>", `your private key, PEM or hex (default: PORTICO_CLOUD_KEY, else ${OPERATOR_FILE})`))
    .addOption(new Option("--data <folder>", "data folder (default: /var/lib/portico; in a checkout .portico)"));

/** The cloud that the options mean: what was typed, else the environment, else the file of the data folder. */
export async function cloudClientFor(surroundings: Surroundings, options: CloudOptions): Promise<CloudCalls> {
  const { env, workingFolder, now, randomBytes, fetch } = surroundings;
  const { dataFolder } = placesFor(surroundings, options.data === undefined ? {} : { data: options.data });
  const file = readOperatorFile(join(dataFolder, OPERATOR_FILE));
  const given = (option: string | undefined, variable: string): string | undefined => option ?? (env[variable] === "" ? undefined : env[variable]);
  const url = given(options.cloud, "PORTICO_CLOUD") ?? file?.cloud;
  const typedKey = given(options.key, "PORTICO_CLOUD_KEY");
  const key = typedKey === undefined ? file && resolve(dataFolder, file.key) : resolve(workingFolder, typedKey);
  if (url === undefined || key === undefined)
    throw new Failure(
      EXIT.usage,
      url === undefined ? "no cloud is named" : "no key to ask it with is named",
      join(dataFolder, OPERATOR_FILE),
      url === undefined ? "name it with --cloud, or PORTICO_CLOUD" : "name it with --key, or PORTICO_CLOUD_KEY; portico cloud key add lets it in",
    );
  const base = cloudAddress(url);
  const language = chosenLanguage(surroundings, {});
  const { CloudClient } = await import("@portico/cloud-sync");
  const client = new CloudClient({ url: base, signer: readOperatorKey(key), nowMs: () => now() * 1000, randomBytes, fetch });
  const outcome: CloudCalls["outcome"] = async (route, parts, also) => {
    const answer = await client.ask(route, parts, also).catch((error: unknown) => {
      throw unreachable(base, error);
    });
    if (answer.ok || typeof answer.problem?.reason === "string") return answer;
    throw new Failure(EXIT.unreachable, `what answers there is no cloud: HTTP ${answer.status}`, base, "see that this address is the cloud's own");
  };
  return {
    url: base,
    accountDomain: file?.accountDomain,
    outcome,
    ask: async (on, route, parts, also) => {
      const answer = await outcome(route, parts, also);
      if (answer.ok) return answer.value;
      throw refusedBy(answer.problem, on, language);
    },
  };
}

/** The cloud cannot be asked at all. */
export function unreachable(url: string, error: unknown): Failure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = cause as { readonly code?: string; readonly message?: string };
  return new Failure(
    EXIT.unreachable,
    `the cloud does not answer: ${code ?? message ?? "no reason was told"}`,
    url,
    "see that it runs and that this address is its own",
  );
}

/** An address as it is typed, without a slash at its end. */
export function cloudAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "" && url.hash === "") return url.origin;
  throw new Failure(
    EXIT.usage,
    "this is no address of a cloud",
    `--cloud ${text}`,
    "such as https://cloud.example.edu or http://127.0.0.1:8480, without a path",
  );
}

function readOperatorFile(path: string): OperatorFile | undefined {
  if (!existsSync(path)) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    read = undefined;
  }
  const { cloud, key, accountDomain } = (typeof read === "object" && read !== null ? read : {}) as Readonly<Record<string, unknown>>;
  if (typeof cloud === "string" && typeof key === "string" && (accountDomain === undefined || typeof accountDomain === "string"))
    return { cloud, key, ...(accountDomain === undefined ? {} : { accountDomain }) };
  throw new Failure(
    EXIT.usage,
    "this file does not say which cloud, and with which key",
    path,
    'let it hold {"cloud": "<url>", "key": "<file>"}, or remove it',
  );
}
