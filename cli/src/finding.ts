/** What one check of the doctor found. */
export interface Finding {
  /** What was looked at, unique. */
  readonly check: string;
  /** `fail`: the controller will not work so. `warn`: it will, but something will bite later. */
  readonly outcome: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do; empty where nothing is to be done. */
  readonly remedy: string;
}

/** All is well with this. */
export const fine = (check: string, detail: string): Finding => ({ check, outcome: "ok", detail, remedy: "" });
/** Works, but will bite later. */
export const warning = (check: string, detail: string, remedy: string): Finding => ({ check, outcome: "warn", detail, remedy });
/** Does not work. */
export const failing = (check: string, detail: string, remedy: string): Finding => ({ check, outcome: "fail", detail, remedy });
