import { expect, test } from "vitest";
import { rigToml } from "../rig/rig-configuration.ts";
import { parsedToml } from "../rig/parsed-toml.ts";

const STATION = `
[[scanner]]
id = "printer"
wire = "printer"
[[wire]]
id = "printer"
serial = "/dev/nowhere/printer"
[[printer]]
id = "p"
uri = "ipps://print.example.edu/printers/findme"
password_file = "password"
ca_file = "ca.pem"
accounts = "accounts.csv"
side_fen = 10
[[release_station]]
id = "release"
printer = "p"
[[access_point]]
id = "print"
scanner = "printer"
release_station = "release"
`;
const parse = (tables: string) => parsedToml(rigToml({ tables }));
function problem(from: string, to: string): string {
  const reading = parse(STATION.replace(from, to));
  return reading.ok ? "none" : reading.problems.map(({ path, cause }) => `${path}: ${cause}`).join("; ");
}

test("a release station is read with every default and absolute paths; it asks for print", () => {
  const reading = parse(STATION);
  const configuration = reading.ok ? reading.configuration : expect.fail(JSON.stringify(reading.problems));
  expect(configuration.printers).toEqual([
    {
      id: "p",
      uri: "ipps://print.example.edu/printers/findme",
      user: "portico",
      passwordFile: "/etc/portico/password",
      certificateAuthorityFile: "/etc/portico/ca.pem",
      accountsFile: "/etc/portico/accounts.csv",
      sideFen: 10,
      colourSideFen: 10,
      uncountedPages: 20,
      documentBytesMax: 33_554_432,
    },
  ]);
  expect(configuration.releaseStations).toEqual([{ id: "release", printer: "p", sessionMs: 60_000, onScan: "list" }]);
  expect(configuration.accessPoints.at(-1)).toMatchObject({ capability: "print", opens: { kind: "release-station", station: "release" } });
});

test.each([
  ["no printer of that name", `printer = "p"`, `printer = "q"`, "release_station[release].printer: "],
  ["nobody can sign in", `release_station = "release"`, `door = "library"`, 'release_station[release]: nobody can sign in at "release"'],
  ["a door beside it", `release_station = "release"`, `release_station = "release"\ndoor = "library"`, "access_point[print].door: cannot stand beside"],
  ["a way out", `release_station = "release"`, `release_station = "release"\negress = true`, "access_point[print].egress: is true"],
  ["another capability", `release_station = "release"`, `release_station = "release"\ncapability = "pass"`, 'access_point[print].capability: is "pass"'],
  ["a password in clear", "ipps://", "ipp://", "printer[p].password_file: would be sent in clear"],
  ["an address that is none", "ipps://print.example.edu/printers/findme", "http://print.example.edu/", "printer[p].uri: "],
  ["a name twice", `id = "release"`, `id = "library"`, '"library" already names'],
])("%s is a problem with a path and a cause", (_, from, to, said) => {
  expect(problem(from, to)).toContain(said);
});
