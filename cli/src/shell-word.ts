/** A word as it is typed to a shell: quoted where it has to be. */
export const shellWord = (word: string): string => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
