import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type ConfigurationProblem, describeIssue, like, problemsOf, readTomlTree, type SchemaWords, wordsOf } from "@portico/controller";
import {
  type AliyunSmsSettings,
  KEPT_NAMES,
  type KeptName,
  type ListenPlace,
  RETENTION_DAYS,
  RETENTION_DAYS_MAX,
  type RetentionDays,
  type SmtpSettings,
  type StorePlace,
} from "@portico/cloud-sync";
import * as z from "zod";
import { placeOf } from "./listen-place.ts";
import { type Beside, mailTable, smsSettings, smsTable, smsTemplateTable, smtpSettings } from "./message-configuration.ts";

/** Where a password of the store may stand instead of a file. */
export const PASSWORD_VARIABLE = "PORTICO_STORE_PASSWORD";

/** What `cloud.toml` says, its paths made absolute. */
export interface CloudConfiguration {
  readonly site: string;
  readonly timeZone: string;
  readonly listen: ListenPlace;
  /** Keys and trust lists; of SQLite the store too. */
  readonly dataFolder: string;
  readonly store: StorePlace;
  /** Who vouches for log-ins; undefined: nobody logs in. */
  readonly logInFile: string | undefined;
  /** Service definitions and, beside them, the case types; undefined: those of the package. */
  readonly servicesFile: string | undefined;
  /** Share of an audience beyond which a change that ends access waits for a second operator. */
  readonly holdAbovePercent: number;
  /** How long events of each kind are kept. */
  readonly retentionDays: RetentionDays;
  /** Undefined: mail waits. */
  readonly mail: SmtpSettings | undefined;
  /** Undefined: SMS wait. */
  readonly sms: AliyunSmsSettings | undefined;
}
export type CloudConfigurationReading =
  | { readonly ok: true; readonly configuration: CloudConfiguration }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

// oxlint-disable-next-line no-control-regex -- the very characters that must not come through
const isPlain = (text: string): boolean => !/[\u0000-\u001f\u007f-\u009f]/.test(text);
const path = () => z.string().min(1).refine(isPlain, "no path may hold a control character");

const site = z.strictObject({
  id: like(z.string().regex(/^[a-z0-9-]{1,32}$/, "1 to 32 of a-z, 0-9 and hyphen"), `"demo-campus"`),
  time_zone: like(z.string().refine(isTimeZone, "not a time zone that this computer knows").default("Asia/Shanghai"), `"Asia/Shanghai"`),
});
const cloud = z.strictObject({
  listen: like(z.string().refine(isListenPlace, "host:port, [address]:port for IPv6").default("127.0.0.1:8480"), `"127.0.0.1:8480"`),
  data: like(path().default("."), `"."`),
  log_in: like(path().optional(), `"log-in.toml"`),
  services: like(path().optional(), `"campus.json"`),
  hold_above: like(z.number().min(0).max(100).default(2), "2"),
});
const store = z.strictObject({
  sqlite: like(path().optional(), `"cloud.db"`),
  postgres: like(z.string().refine(isPostgresUrl, "postgres://user@host:5432/database").optional(), `"postgres://portico@db.example.edu/portico"`),
  password_file: like(path().optional(), `"store.password"`),
  ca_file: like(path().optional(), `"store-ca.pem"`),
});

const isKeptName = (text: string): text is KeptName => (KEPT_NAMES as readonly string[]).includes(text);
const retention = z.strictObject({
  event: like(z.string().refine(isKeptName, "no kind of event that has a time of its own; docs/feed-and-events.md names them"), `"AccessGranted"`),
  days: like(z.int().min(1).max(RETENTION_DAYS_MAX), "184"),
});

/** `cloud.toml` as a person writes it, with every default. */
const FILE_SCHEMA = z.strictObject({
  site: like(site, "[site]"),
  cloud: like(cloud.prefault({}), "[cloud]"),
  store: like(store.prefault({}), "[store]"),
  retention: like(z.array(retention).default([]), "[[retention]]"),
  mail: like(mailTable.optional(), "[mail]"),
  sms: like(smsTable.optional(), "[sms]"),
  sms_template: like(z.array(smsTemplateTable).default([]), "[[sms_template]]"),
});
type FileContent = z.infer<typeof FILE_SCHEMA>;
export const { keysAt, exampleAt, hasDefault }: SchemaWords = wordsOf(FILE_SCHEMA);

/**
 * Reads and judges a cloud's configuration. Relative paths in it start from its folder.
 *
 * @param file      absolute
 * @param password  of the store, from the environment
 */
export function readCloudConfiguration(file: string, password: string | undefined): CloudConfigurationReading {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    return failed(0, ...unreadable(error as NodeJS.ErrnoException));
  }
  const read = readTomlTree(text);
  if (!read.ok) return failed(read.line, read.cause, "mend this line; what stands behind it has not been judged");
  const problemAt = problemsOf(read.tree);
  const parsed = FILE_SCHEMA.safeParse(read.tree.value, { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => withoutPassword(describeIssue(issue, problemAt, keysAt, exampleAt)));
    return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line) };
  }
  const problems: ConfigurationProblem[] = [];
  const said = (key: keyof FileContent["store"], cause: string, remedy: string): void => void problems.push(problemAt(["store", key], cause, remedy));
  const store = storeOf(parsed.data, file, password, said);
  const { site, cloud, retention } = parsed.data;
  for (const [nth, { event }] of retention.entries())
    if (retention.findIndex((each) => each.event === event) < nth) problems.push(problemAt(["retention", nth, "event"], `${event} is named twice`, "name each kind once")); // prettier-ignore
  const beside: Beside = {
    path: (name) => resolve(dirname(file), name),
    said: (at, cause, remedy) => void problems.push(problemAt(at, cause, remedy)),
  };
  const mail = parsed.data.mail && smtpSettings(parsed.data.mail, beside);
  const sms = parsed.data.sms && smsSettings(parsed.data.sms, parsed.data.sms_template, beside);
  if (problems.length > 0) return { ok: false, problems };
  const logInFile = cloud.log_in === undefined ? undefined : resolve(dirname(file), cloud.log_in);
  return {
    ok: true,
    configuration: {
      logInFile,
      servicesFile: cloud.services === undefined ? undefined : resolve(dirname(file), cloud.services),
      holdAbovePercent: cloud.hold_above,
      retentionDays: { ...RETENTION_DAYS, ...Object.fromEntries(retention.map(({ event, days }) => [event, days])) },
      site: site.id,
      timeZone: site.time_zone,
      listen: placeOf(cloud.listen)!,
      dataFolder: resolve(dirname(file), cloud.data),
      store,
      mail,
      sms,
    },
  };
}

function storeOf(
  { cloud, store }: FileContent,
  file: string,
  password: string | undefined,
  said: (key: keyof FileContent["store"], cause: string, remedy: string) => void,
): StorePlace {
  const beside = (path: string): string => resolve(dirname(file), path);
  if (store.postgres === undefined) {
    for (const key of ["password_file", "ca_file"] as const)
      if (store[key] !== undefined) said(key, "belongs to a PostgreSQL store, and none is named", "remove it, or name one: postgres = …");
    return { kind: "sqlite", file: store.sqlite === undefined ? join(beside(cloud.data), "cloud.db") : beside(store.sqlite) };
  }
  if (store.sqlite !== undefined) said("sqlite", "stands beside postgres: there is one store", "remove one of the two");
  if (passwordIn(store.postgres)) said("postgres", "holds a password, which others may read here", `use password_file, or the variable ${PASSWORD_VARIABLE}`);
  const read = (key: "password_file" | "ca_file"): string | undefined => {
    const path = store[key];
    if (path === undefined) return undefined;
    try {
      if (key === "password_file" && (statSync(beside(path)).mode & 0o077) !== 0)
        said(key, "may be read by others on this machine", `chmod 600 ${beside(path)}`);
      return readFileSync(beside(path), "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      const [cause] = unreadable(error as NodeJS.ErrnoException);
      said(key, `${beside(path)}: ${cause}`, "name a file that this user may read");
      return undefined;
    }
  };
  const [own, certificateAuthority] = [read("password_file") ?? password, read("ca_file")];
  return {
    kind: "postgres",
    url: store.postgres,
    ...(own === undefined ? {} : { password: own }),
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
  };
}

const failed = (line: number, cause: string, remedy: string): CloudConfigurationReading => ({ ok: false, problems: [{ line, path: "", cause, remedy }] });

/** A mistyped URL is shown in a problem, its password never. */
const withoutPassword = (problems: readonly ConfigurationProblem[]): ConfigurationProblem[] =>
  problems.map((problem) => ({ ...problem, cause: problem.cause.replaceAll(/(:\/\/[^:@/\s"]*):[^@\s"]*@/g, "$1:…@") }));

function unreadable({ code, message }: NodeJS.ErrnoException): [cause: string, remedy: string] {
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return ["the file is not UTF-8 text", "save it as UTF-8"];
  if (code === "ENOENT") return ["there is no such file", "make one with portico cloud config init"];
  if (code === "EACCES") return ["it may not be read by you", "use sudo, or add yourself to the file's group"];
  if (code === "EISDIR") return ["it is a folder", "name the file in it"];
  return [`it cannot be read: ${message}`, "check the disk"];
}

function isListenPlace(text: string): boolean {
  return placeOf(text) !== undefined;
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\/[^\s]*\/[^\s/?]+(?:\?[^\s]*)?$/.test(text) && isPlain(text);
}

const passwordIn = (url: string): boolean => /^[a-z]+:\/\/[^@/?]*:[^@]*@/.test(url) || /[?&]password=/.test(url);

function isTimeZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: zone }).format(0) !== "";
  } catch {
    return false;
  }
}

/** A commented `cloud.toml`, valid as it stands. */
export const exampleCloudConfiguration = (
  site: string,
): string => `# Portico: a cloud. Check every change with \`portico cloud config check\` before it is started anew.
# Keys that are left out have the defaults shown in comments. Relative paths start from this file's folder.

[site]
id = "${site}"                      # everything is signed for it
# time_zone = "Asia/Shanghai"       # schedules are judged in it

[cloud]
# listen = "127.0.0.1:8480"         # on loopback: TLS is a proxy's
# data = "."                        # the cloud's keys and the trust lists
# log_in = "log-in.toml"            # who vouches for log-ins; without it nobody logs in
# services = "campus.json"          # the campus's own services, and case types in the folder cases beside it
# hold_above = 2                    # percent of an audience: a change that ends the access of more waits for a second operator

[store]
# sqlite = "cloud.db"               # in the data folder; one cloud has it open
# postgres = "postgres://portico@db.example.edu:5432/portico"   # instead: any number of clouds share it
# password_file = "store.password"  # mode 0600; or the variable ${PASSWORD_VARIABLE}
# ca_file = "store-ca.pem"          # who signed the server's certificate

# Events go when their time is over: passages after 184 days, refusals after 366, alarms and what operators did after 1096.
# [[retention]]                     # one for each kind that is kept longer or shorter
# event = "AccessGranted"
# days = 184                        # counted from when it came

# [mail]                            # without it mail waits, and portico outbox list says so
# smtp = "smtps://mail.example.edu:465"   # smtp:// demands STARTTLS, but on this machine
# from = "servicedesk@example.edu"
# name = "Campus Service Desk"
# user = "servicedesk"              # where the server asks for one
# password_file = "mail.password"   # mode 0600

# [sms]                             # Alibaba Cloud SMS; without it SMS wait
# access_key_id = "LTAI5tExample"
# access_key_secret_file = "sms.secret"   # mode 0600
# sign_name = "示例大学"
# [[sms_template]]                  # one for each kind of message: portico outbox kinds
# kind = "repair.dispatched"
# code = "SMS_153055065"
`;
