import { expect, test } from "vitest";
import { parsedToml } from "../rig/parsed-toml.ts";

const WHOLE = `[site]
id = "demo"
[controller]
id = "gate-2"
[clock]
trusted_by = "system"
[[isapi]]
id = "terminal"
address = "192.168.10.30"
user = "portico"
password_file = "terminal.password"
certificate_file = "terminal.pem"
[[isapi]]
id = "camera"
address = "192.168.10.31"
dialect = "axis"
user = "portico"
password_file = "camera.password"
security = "clear-text"
listen = "192.168.10.2:8088"
[[relay_board]]
id = "doors"
protocol = "isapi"
isapi = "terminal"
relays = 1
[[scanner]]
id = "face"
isapi = "terminal"
door = 1
card = { format = "face" }
[[scanner]]
id = "plate"
isapi = "camera"
direction = "in"
confidence_min = 80
card = { format = "plate" }
[[door]]
id = "wicket"
strike = { board = "doors", relay = 0 }
[[access_point]]
id = "face"
scanner = "face"
door = "wicket"
[[access_point]]
id = "plate"
scanner = "plate"
door = "wicket"
`;

test("terminals and cameras are read with every default, and no password stands in the file", () => {
  expect(parsedToml(WHOLE)).toMatchObject({
    ok: true,
    configuration: {
      isapis: [
        {
          id: "terminal",
          address: "192.168.10.30",
          port: 443,
          dialect: "isapi",
          passwordFile: "/etc/portico/terminal.password",
          tls: { certificateFile: "/etc/portico/terminal.pem" },
        },
        { id: "camera", port: 80, dialect: "axis", listen: { address: "192.168.10.2", port: 8088, authentication: "digest" } },
      ],
      scanners: [
        { id: "face", isapi: "terminal", door: 1, card: { format: "face" } },
        { id: "plate", isapi: "camera", direction: "in", confidenceMin: 80, card: { format: "plate" } },
      ],
      relayBoards: [{ protocol: "isapi", isapi: "terminal", relays: 1, inputs: 0 }],
    },
  });
});

test.each<[from: string, to: string, path: string, cause: string]>([
  [`password_file = "terminal.password"`, `password = "secret"`, "isapi[terminal].password", "unknown key"],
  [`address = "192.168.10.31"`, `address = "camera.local"`, "isapi[camera].address", "an IPv4 address"],
  [`address = "192.168.10.31"`, `address = "192.168.10.30:443"`, "isapi[camera].address", `is that of isapi "terminal" already`],
  [`security = "clear-text"`, `security = "clear-text"\ncertificate_file = "c.pem"`, "isapi[camera].certificate_file", "has no meaning with"],
  [`listen = "192.168.10.2:8088"`, "", "isapi[camera].dialect", "nobody listens"],
  [`user = "portico"`, `user = "portico"\npush_authentication = "address"`, "isapi[terminal].push_authentication", "has no meaning without listen"],
  [`isapi = "terminal"\ndoor`, `isapi = "terminals"\ndoor`, "scanner[face].isapi", "no [[isapi]] is named"],
  [`isapi = "terminal"\ndoor = 1`, `isapi = "camera"`, "scanner[face].isapi", "reads plates alone"],
  [`door = 1`, `direction = "in"`, "scanner[face].direction", "belongs to a camera"],
  [`direction = "in"`, `door = 1`, "scanner[plate].door", "belongs to a terminal"],
  [`[[door]]`, `[[scanner]]\nid = "again"\nisapi = "terminal"\ncard = { format = "face" }\n[[door]]`, "scanner[again].isapi", `is the scanner "face" already`],
  [`isapi = "terminal"\nrelays`, `relays`, "relay_board[doors]", "whose doors"],
  [`isapi = "terminal"\nrelays`, `isapi = "camera"\nrelays`, "relay_board[doors].isapi", "has no doors"],
  [`relays = 1`, `relays = 5`, "relay_board[doors].relays", "4 doors at most"],
  [`id = "face"\nscanner`, `id = "face"\nindicator = { board = "doors", granted = 0, denied = 0 }\nscanner`, "access_point[face].indicator", "waits for it"],
  [`format = "plate"`, `format = "plate", facility = 3`, "scanner[plate].card.facility", "has no meaning for"],
])("%s instead: %s is told at %s", (from, to, path, cause) => {
  expect(WHOLE).toContain(from);
  const reading = parsedToml(WHOLE.replace(from, to));
  const problems = reading.ok ? [] : reading.problems;
  expect(
    problems.filter((problem) => problem.path === path && `${problem.cause} ${problem.remedy}`.includes(cause)),
    JSON.stringify(problems),
  ).toHaveLength(1);
});
