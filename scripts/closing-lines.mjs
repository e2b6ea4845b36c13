/** Before each failure, so that whoever gathers several runs finds them. */
export const FAILED = "failed: ";

/** Says once more what failed, then `N passed, N failed`, and ends the process with 0 only where nothing did. */
export function close({ passed, failed, failures }) {
  for (const failure of failures) process.stdout.write(`${FAILED}${failure}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}
