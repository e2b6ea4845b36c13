import * as z from "zod";
import type { KeyExample } from "./problem.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Adds what to write to a key; stands last, behind default and optional, since each of these makes a new schema. */
export const like = <S extends z.ZodType>(schema: S, write: string): S => schema.meta({ write } satisfies KeyExample);

/** What the schema of a configuration file knows of its keys. */
export interface SchemaWords {
  /** The known keys of the table at a path; none where there is no table. */
  readonly keysAt: (path: TomlPath) => string[];
  /** What to write for the key at a path, or, inside a list, for the list. */
  readonly exampleAt: (path: TomlPath) => string | undefined;
  /** True for a key that may be left out because the schema fills it in. */
  readonly hasDefault: (path: TomlPath) => boolean;
}

/** The words of a schema whose keys were written with {@link like}. */
export function wordsOf(file: z.ZodType): SchemaWords {
  const schemaAt = (path: TomlPath): z.ZodType | undefined => {
    let schema: z.ZodType | undefined = file;
    for (const part of path) {
      schema = bare(schema);
      if (schema instanceof z.ZodObject) schema = (schema.shape as Readonly<Record<string, z.ZodType>>)[part];
      else if (schema instanceof z.ZodArray) schema = schema.element as z.ZodType;
      else return undefined;
    }
    return schema;
  };
  return {
    keysAt(path) {
      const schema = bare(schemaAt(path));
      return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    },
    exampleAt(path) {
      const schema = schemaAt(path) ?? schemaAt(path.slice(0, -1));
      return (schema?.meta() as KeyExample | undefined)?.write;
    },
    hasDefault(path) {
      const schema = schemaAt(path);
      return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
    },
  };
}

/** Without the wrappers that default and optional put around a schema. */
function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodPrefault) inner = inner.def.innerType as z.ZodType;
  return inner;
}
