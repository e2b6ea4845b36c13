import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accountDomain, type Campus, type CampusPerson } from "../campus/campus.ts";
import { writeDurably } from "../durable-file.ts";
import { OidcStandIn } from "../providers/oidc-stand-in.ts";
import { WeChatStandIn } from "../providers/wechat-stand-in.ts";
import type { SandboxMachine } from "./sandbox-machine.ts";

const CLIENT_ID = "sandbox";
const APP_ID = "wx0000000000sandbox";
const PRIVATE_FILE = 0o600;
const COUNTRY_CODE = "86";

/** How somebody logs in who was chosen. */
export interface ChosenPerson {
  readonly person: string;
  /** Whom the campus account's provider vouches for, at every log-in from now on. */
  readonly account: string;
  /** What `wx.login` gave on this person's phone; good once, for five minutes. */
  readonly weChatCode: string;
  /** What its button `getPhoneNumber` gave. */
  readonly weChatPhoneCode: string | null;
}

/** Whoever vouches for log-ins at a sandbox: the campus account's provider and WeChat, both on loopback. */
export class LogInStandIns {
  readonly #campus: Campus;
  readonly #oidc: OidcStandIn;
  readonly #weChat: WeChatStandIn;
  /** What the cloud reads them from. */
  readonly file: string;

  private constructor(campus: Campus, oidc: OidcStandIn, weChat: WeChatStandIn, file: string) {
    [this.#campus, this.#oidc, this.#weChat, this.file] = [campus, oidc, weChat, file];
  }

  /** Starts them on free ports. @param redirectUris  where browsers may come back to */
  static async start(path: string, campus: Campus, redirectUris: readonly string[], { wallMs, randomBytes }: SandboxMachine): Promise<LogInStandIns> {
    const secretOf = (name: string): string => readFileSync(join(path, name), "utf8").trim();
    const client = { clientId: CLIENT_ID, clientSecret: secretOf("oidc-secret"), redirectUris };
    const oidc = await OidcStandIn.start(client, wallMs, randomBytes);
    const weChat = await WeChatStandIn.start({ appId: APP_ID, appSecret: secretOf("wechat-secret") }, wallMs, randomBytes);
    const made = new LogInStandIns(campus, oidc, weChat, join(path, "log-in.toml"));
    made.choose(campus.people[0]!);
    made.write(redirectUris);
    return made;
  }

  get issuer(): string {
    return this.#oidc.issuer;
  }

  /** Whom the campus account's provider vouches for. */
  get account(): string {
    return this.#oidc.account;
  }

  /** Whoever logs in next is this person. */
  choose({ id, phoneNumber }: CampusPerson): ChosenPerson {
    this.#oidc.account = `${id}@${accountDomain(this.#campus)}`;
    const pure = phoneNumber?.slice(1 + COUNTRY_CODE.length);
    return {
      person: id,
      account: this.#oidc.account,
      weChatCode: this.#weChat.loginCode(`openid-of-${id}`),
      weChatPhoneCode: pure === undefined ? null : this.#weChat.phoneCode(pure, COUNTRY_CODE),
    };
  }

  /** Tells the cloud of them, at the addresses that they have this time. docs/log-in.md. */
  write(redirectUris: readonly string[]): void {
    const text = `[oidc]
issuer = ${JSON.stringify(this.issuer)}
client_id = "${CLIENT_ID}"
client_secret_file = "oidc-secret"
redirect_uris = ${JSON.stringify(redirectUris)}
domains = ["${accountDomain(this.#campus)}"]

[wechat]
app_id = "${APP_ID}"
app_secret_file = "wechat-secret"
url = ${JSON.stringify(this.#weChat.server.url)}
`;
    writeDurably(this.file, text, PRIVATE_FILE);
  }

  async close(): Promise<void> {
    await Promise.all([this.#oidc.server.close(), this.#weChat.server.close()]);
  }
}
