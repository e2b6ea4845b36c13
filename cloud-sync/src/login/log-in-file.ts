import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SetupError } from "@portico/card-protocol";
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import * as z from "zod";
import { isSafe, type OidcSettings } from "./oidc-client.ts";
import type { WeChatSettings } from "./wechat-client.ts";

/** Who vouches for log-ins at this campus; undefined: that way is not open. */
export interface LogInSettings {
  readonly oidc: OidcSettings | undefined;
  readonly weChat: WeChatSettings | undefined;
}

const address = z.string().refine(isSafe, "an https address (http on this machine alone)");
const domain = z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, "a domain in lower case, such as connect.example.edu");
const oidc = z.strictObject({
  issuer: address,
  client_id: z.string().min(1),
  client_secret_file: z.string().min(1).optional(),
  redirect_uris: z.array(address).min(1),
  domains: z.array(domain).min(1),
  account_claim: z.string().min(1).default("email"),
});
const weChat = z.strictObject({
  app_id: z.string().regex(/^wx[0-9a-zA-Z]{4,}$/, "the mini program's AppID, such as wx1234567890abcdef"),
  app_secret_file: z.string().min(1),
  url: address.transform((url) => url.replace(/\/$/, "")).default("https://api.weixin.qq.com"),
});
const file = z.strictObject({ oidc: oidc.optional(), wechat: weChat.optional() });

/**
 * Reads who vouches for log-ins: TOML, secrets in files beside it that their owner alone may read. docs/log-in.md.
 *
 * @throws SetupError that names the place in the file, the cause and the remedy
 */
export function readLogInFile(path: string): LogInSettings {
  const tree = treeOf(path);
  const read = file.safeParse(getStaticTOMLValue(tree));
  if (!read.success) {
    const said = read.error.issues.map((issue) => `line ${lineOf(tree, issue.path.map(String))}: ${issue.path.join(".") || "the file"}: ${issue.message}`);
    throw new SetupError(`the log-in file has ${said.length === 1 ? "a mistake" : `${said.length} mistakes`}\n${said.join("\n")}`, path, "docs/log-in.md tells what stands there."); // prettier-ignore
  }
  const { oidc: campus, wechat: phones } = read.data;
  const secret = (name: string): string => readSecret(resolve(dirname(path), name));
  return {
    oidc: campus && {
      issuer: campus.issuer,
      clientId: campus.client_id,
      clientSecret: campus.client_secret_file === undefined ? undefined : secret(campus.client_secret_file),
      redirectUris: campus.redirect_uris,
      domains: campus.domains,
      accountClaim: campus.account_claim,
    },
    weChat: phones && { appId: phones.app_id, appSecret: secret(phones.app_secret_file), url: phones.url },
  };
}

/** Where a key stands, or the nearest table that it should stand in. */
function lineOf({ body: [top] }: AST.TOMLProgram, [table = "", key, nth]: readonly string[]): number {
  const found = top.body.find((node) => namesOf(node)[0] === table);
  if (found?.type !== "TOMLTable") return found?.loc.start.line ?? 1;
  const line = found.body.find((node) => namesOf(node)[0] === key);
  const one = line?.value.type === "TOMLArray" && nth !== undefined ? line.value.elements[Number(nth)] : undefined;
  return (one ?? line ?? found).loc.start.line;
}
const namesOf = (node: AST.TOMLTable | AST.TOMLKeyValue): readonly (string | number)[] =>
  node.type === "TOMLTable" ? node.resolvedKey : node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));

function treeOf(path: string): AST.TOMLProgram {
  try {
    return parseTOML(readFileSync(path, "utf8"), { tomlVersion: "1.0.0" });
  } catch (error) {
    const cause = error instanceof ParseError ? `line ${error.lineNumber} is not TOML: ${error.message}` : `it cannot be read: ${(error as Error).message}`;
    throw new SetupError(`the log-in file: ${cause}`, path, "docs/log-in.md tells what stands there.", { cause: error });
  }
}

/** One line of text. */
function readSecret(path: string): string {
  let text: string;
  try {
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) !== 0) throw new SetupError(`others on this machine may read the secret (mode ${mode.toString(8).padStart(4, "0")})`, path, `Run \`chmod 600 ${path}\`, and have the provider give another one if somebody may have read it.`); // prettier-ignore
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`the secret cannot be read: ${(error as Error).message}`, path, "Write it there alone, mode 0600.", { cause: error });
  }
  if (text === "" || /\s/.test(text))
    throw new SetupError("the file is to hold the secret in one line, and nothing else", path, "Write it there anew, mode 0600.");
  return text;
}
