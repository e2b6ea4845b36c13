import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { cloudAddress, OPERATOR_FILE } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { typedPath } from "./places.ts";

/** What {@link sandboxOptions} read. */
export interface SandboxPlaceOptions {
  readonly data?: string;
  readonly url?: string;
}

/** Where a sandbox lies by default, from the folder of whoever types. */
const FOLDER = ".portico/sandbox";

export const sandboxFolderOption = (): Option => new Option("--data <folder>", `folder of the sandbox (default: ${FOLDER})`);

/** `--data` and `--url`: which running sandbox is meant. */
export const sandboxOptions = (command: Command): Command =>
  command.addOption(sandboxFolderOption()).addOption(new Option("--url <url>", "address of the sandbox (default: the one that runs in the folder)"));

/** The folder of the sandbox, absolute. */
export function sandboxFolder(surroundings: Surroundings, { data }: Pick<SandboxPlaceOptions, "data">): string {
  if (data === "") throw new Failure(EXIT.usage, "an option names nothing", "--data", "name a folder, or leave the option out");
  return typedPath(surroundings, data ?? FOLDER);
}

/**
 * Asks a running sandbox something.
 *
 * @param path  behind `/sandbox`
 * @throws Failure 1 where it refuses, 2 where it knows nothing of the kind, 3 where none runs
 */
export async function askSandbox<Answer>(
  surroundings: Surroundings,
  options: SandboxPlaceOptions,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: object,
): Promise<Answer> {
  const url = options.url === undefined ? urlIn(sandboxFolder(surroundings, options)) : cloudAddress(options.url);
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  let response: Response;
  try {
    response = await surroundings.fetch(new Request(`${url}/sandbox${path}`, { method, ...sent }));
  } catch {
    throw notRunning(url);
  }
  const answer = (await response.json().catch(() => undefined)) as (Answer & { readonly title?: string; detail?: string; remedy?: string }) | undefined;
  if (response.ok && answer !== undefined) return answer;
  const { title, detail, remedy } = answer ?? {};
  if (title === undefined || remedy === undefined) throw new Failure(EXIT.unreachable, "what answers there is no sandbox", url, "name the sandbox's address");
  throw new Failure([400, 404].includes(response.status) ? EXIT.usage : EXIT.refused, title, detail ?? path, remedy);
}

function urlIn(folder: string): string {
  const file = join(folder, OPERATOR_FILE);
  if (!existsSync(file)) throw notRunning(folder);
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly cloud: string }).cloud;
}

const notRunning = (where: string): Failure => new Failure(EXIT.unreachable, "no sandbox runs there", where, "start one: portico sandbox run");
