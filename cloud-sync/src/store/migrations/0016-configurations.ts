import type { Step } from "../migration-step.ts";

/** What each controller shall run on, and what it says that it has taken and runs on. `number` null: it was kept and has no number yet, so nobody is told. */
export const configurations: Step = ({ int, bytes, end }) => [
  `CREATE TABLE controller_configuration (
    controller TEXT PRIMARY KEY, epoch ${int} NOT NULL, number ${int}, hash TEXT NOT NULL, issued ${int} NOT NULL, text ${bytes} NOT NULL
  ) ${end}`,
  "CREATE INDEX controller_configuration_by_number ON controller_configuration (number)",
  `CREATE TABLE controller_configuration_told (
    controller TEXT PRIMARY KEY, takes ${int} NOT NULL, running TEXT, epoch ${int} NOT NULL, number ${int} NOT NULL, error TEXT, detail TEXT NOT NULL, at ${int} NOT NULL
  ) ${end}`,
];
