/** What the one who looks after a program has to tell. */
export type ProgramNote =
  /** It ended by itself and will be started anew. */
  | { readonly kind: "ended"; readonly program: string; readonly how: string; readonly againInMs: number }
  | { readonly kind: "started anew"; readonly program: string; readonly pid: number | undefined }
  /** A line that a program said. */
  | { readonly kind: "said"; readonly program: string; readonly line: string }
  /** It did not end in time and was killed. */
  | { readonly kind: "killed"; readonly program: string };
