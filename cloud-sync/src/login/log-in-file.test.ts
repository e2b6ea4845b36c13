import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readLogInFile } from "./log-in-file.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "portico-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const OIDC = `[oidc]
issuer = "https://id.example.edu"
client_id = "portico"
client_secret_file = "secret"
redirect_uris = ["https://app.example.edu/log-in"]
domains = ["example.edu", "connect.example.edu"]
`;
const WECHAT = `[wechat]
app_id = "wx1234567890abcdef"
app_secret_file = "secret"
`;
const secret = (text = "s3cret\n", mode = 0o600): void => {
  writeFileSync(join(folder, "secret"), text);
  chmodSync(join(folder, "secret"), mode);
};
const read = (text: string) => {
  writeFileSync(join(folder, "log-in.toml"), text);
  return readLogInFile(join(folder, "log-in.toml"));
};

test("both ways to log in are read, with secrets from files of their own; a way that is not named is not open", () => {
  secret();
  expect(read(OIDC + WECHAT)).toEqual({
    oidc: {
      issuer: "https://id.example.edu",
      clientId: "portico",
      clientSecret: "s3cret",
      redirectUris: ["https://app.example.edu/log-in"],
      domains: ["example.edu", "connect.example.edu"],
      accountClaim: "email",
    },
    weChat: { appId: "wx1234567890abcdef", appSecret: "s3cret", url: "https://api.weixin.qq.com" },
  });
  expect(read(WECHAT).oidc).toBeUndefined();
  expect(read(OIDC.replace('client_secret_file = "secret"\n', ""))).toMatchObject({ oidc: { clientSecret: undefined }, weChat: undefined });
});

test.each([
  ["an issuer in the clear", OIDC.replace("https://id", "http://id"), "oidc.issuer: an https address"],
  ["a way back in the clear", OIDC.replace("https://app", "http://app"), "oidc.redirect_uris.0: an https address"],
  ["no domain", OIDC.replace(/domains = .*/, "domains = []"), "oidc.domains: "],
  ["a domain with its at", OIDC.replace('"example.edu"', '"@example.edu"'), "oidc.domains.0: a domain in lower case"],
  ["a secret in the file itself", OIDC.replace('_file = "secret"', ' = "s3cret"'), 'oidc: Unrecognized key: "client_secret"'],
  ["a name that is not known", `${OIDC}[weixin]\n`, 'the file: Unrecognized key: "weixin"'],
  ["what is no TOML", "\n[oidc", "line 2 is not TOML"],
])("%s is refused by its place", (_, text, said) => {
  secret();
  expect(() => read(text)).toThrow(said);
});

test("a secret that others may read, that is empty, of two words, or not there is refused, and never told", () => {
  for (const [make, said] of [
    [() => secret("s3cret", 0o640), "others on this machine may read the secret (mode 0640)"],
    [() => secret("\n"), "the secret in one line"],
    [() => secret("s3cret and more"), "the secret in one line"],
    [() => rmSync(join(folder, "secret")), "the secret cannot be read"],
  ] as const) {
    make();
    expect(() => read(WECHAT)).toThrow(said);
    expect(() => read(WECHAT)).not.toThrow("s3cret and");
  }
});
