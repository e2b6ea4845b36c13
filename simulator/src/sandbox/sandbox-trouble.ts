/** Something that the sandbox itself does not do: what, on what, what helps. */
export class SandboxTrouble extends Error {
  override readonly name = "SandboxTrouble";
  readonly status: number;
  readonly what: string;
  readonly on: string;
  readonly next: string;

  constructor(status: number, what: string, on: string, next: string) {
    super(`${what} (${on})`);
    [this.status, this.what, this.on, this.next] = [status, what, on, next];
  }
}
