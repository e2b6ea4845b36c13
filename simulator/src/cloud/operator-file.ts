import { join } from "node:path";
import type { CampusFolder } from "../campus/campus-folder.ts";
import { accountDomain } from "../campus/campus.ts";
import { writeDurably } from "../durable-file.ts";

/** By which commands find the cloud, and whom they ask as, in the data folder. Source: docs/cli.md. */
const OPERATOR_FILE = "operator.json";
const PRIVATE_FILE = 0o600;

/** Lets the commands of whoever works in the campus's folder speak to its cloud, at the address that it has this time. */
export function writeOperatorFile({ campus, path, operatorKeyFile }: CampusFolder, cloud: string): void {
  const file = { cloud, key: operatorKeyFile, accountDomain: accountDomain(campus) };
  writeDurably(join(path, OPERATOR_FILE), `${JSON.stringify(file, null, 2)}\n`, PRIVATE_FILE);
}
