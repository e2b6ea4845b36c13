import { readFileSync, statSync } from "node:fs";
import type { AliyunSmsSettings, SmtpSettings } from "@portico/cloud-sync";
import { like } from "@portico/controller";
import * as z from "zod";

const text = () =>
  z
    .string()
    .min(1)
    .max(200)
    // oxlint-disable-next-line no-control-regex -- the very characters that must not come through
    .refine((value) => !/[\u0000-\u001f\u007f-\u009f]/.test(value), "no control character may stand there");

/** `[mail]`: the server that takes the campus's mail. */
export const mailTable = z.strictObject({
  smtp: like(z.string().refine(isSmtpUrl, "smtps://host:465, or smtp://host:587, without user and password"), `"smtps://mail.example.edu:465"`),
  from: like(z.email(), `"servicedesk@example.edu"`),
  name: like(text().default("Campus Service Desk"), `"Campus Service Desk"`),
  user: like(text().optional(), `"servicedesk"`),
  password_file: like(text().optional(), `"mail.password"`),
  ca_file: like(text().optional(), `"mail-ca.pem"`),
});
/** One of `[[sms_template]]`: by which template of the provider a kind of message goes. */
export const smsTemplateTable = z.strictObject({
  kind: like(z.string().regex(/^[a-z0-9.-]{1,64}$/, "a kind of message: portico outbox kinds"), `"repair.dispatched"`),
  code: like(z.string().regex(/^[\w-]{1,64}$/, "the template's code at the provider"), `"SMS_153055065"`),
});
/** `[sms]`: the campus's account at the provider of SMS. */
export const smsTable = z.strictObject({
  url: like(z.string().refine(isSafeUrl, "an https address without a path").default("https://dysmsapi.aliyuncs.com"), `"https://dysmsapi.aliyuncs.com"`),
  access_key_id: like(text(), `"LTAI5tExample"`),
  access_key_secret_file: like(text(), `"sms.secret"`),
  sign_name: like(text(), `"示例大学"`),
});

/** How a file beside the configuration is read, and what is wrong there is told. */
export interface Beside {
  readonly path: (name: string) => string;
  readonly said: (path: readonly (string | number)[], cause: string, remedy: string) => void;
}

/** The mail server; undefined where something is wrong, which was said. */
export function smtpSettings({ smtp, from, name, user, password_file, ca_file }: z.infer<typeof mailTable>, beside: Beside): SmtpSettings | undefined {
  if ((user === undefined) !== (password_file === undefined)) {
    const missing = user === undefined ? "user" : "password_file";
    beside.said(
      ["mail", user === undefined ? "password_file" : "user"],
      `stands without ${missing}`,
      `name ${missing} too, or neither where the server asks for none`,
    );
    return undefined;
  }
  const { protocol, hostname, port } = new URL(smtp);
  const isTls = protocol === "smtps:";
  const password = password_file === undefined ? undefined : secretIn(["mail", "password_file"], password_file, beside);
  const authority = ca_file === undefined ? undefined : textIn(["mail", "ca_file"], ca_file, beside);
  if ((password_file !== undefined && password === undefined) || (ca_file !== undefined && authority === undefined)) return undefined;
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (isTls ? 465 : 587) : Number(port),
    security: isTls ? "tls" : isThisMachine(hostname) ? "none" : "starttls",
    from: { name, address: from },
    ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
    ...(authority === undefined ? {} : { certificateAuthority: authority }),
  };
}

/** The provider of SMS; undefined where something is wrong, which was said. */
export function smsSettings(
  { url, access_key_id, access_key_secret_file, sign_name }: z.infer<typeof smsTable>,
  templates: readonly z.infer<typeof smsTemplateTable>[],
  beside: Beside,
): AliyunSmsSettings | undefined {
  const twice = templates.findIndex(({ kind }, nth) => templates.findIndex((each) => each.kind === kind) < nth);
  if (twice >= 0) beside.said(["sms_template", twice, "kind"], `${templates[twice]!.kind} is named twice`, "name each kind once");
  const secret = secretIn(["sms", "access_key_secret_file"], access_key_secret_file, beside);
  if (secret === undefined || twice >= 0) return undefined;
  return {
    url: new URL(url).origin,
    key: { id: access_key_id, secret },
    signName: sign_name,
    templates: new Map(templates.map(({ kind, code }) => [kind, code])),
  };
}

function secretIn(key: readonly string[], name: string, beside: Beside): string | undefined {
  const path = beside.path(name);
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      beside.said(key, "may be read by others on this machine", `chmod 600 ${path}`);
      return undefined;
    }
  } catch {
    // reading it tells what is wrong
  }
  const read = textIn(key, name, beside);
  if (read !== "") return read;
  beside.said(key, `${path} is empty`, "write the secret there, and nothing else");
  return undefined;
}

function textIn(key: readonly string[], name: string, { path, said }: Beside): string | undefined {
  try {
    return readFileSync(path(name), "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    said(key, `${path(name)} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`, "name a file that this user may read");
    return undefined;
  }
}

function isSmtpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  return /^smtps?:$/.test(protocol) && hostname !== "" && [username, password, search, hash].every((part) => part === "") && ["", "/"].includes(pathname);
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  return (protocol === "https:" || (protocol === "http:" && isThisMachine(hostname))) && pathname === "/" && search === "" && hash === "";
}
const isThisMachine = (host: string): boolean => ["127.0.0.1", "[::1]", "localhost"].includes(host);
