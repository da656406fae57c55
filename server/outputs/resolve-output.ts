import pMap from "p-map";
import { AppError, isAppError } from "#lib/errors.ts";
import { isOutputRef, type OutputRef } from "./output-ref.ts";
import { rebuildValue, surveyValue } from "./walk-value.ts";

const CONCURRENCY = 8;

/** Which references become values: none, those of fewer bytes, or all. */
export type Hydration = "none" | "all" | { below: number };

/** Makes a value of a reference. Throws `not_found` where its bytes are gone. */
export type RefResolver = (ref: OutputRef) => unknown;

/** Whatever opens references, such as a store, a session's reader, or a share's. */
export interface RefStore {
  resolveRef: RefResolver;
}

export interface ResolveOptions {
  hydrate: Hydration;
  refs: RefResolver | RefStore;
  /**
   * What a reference without bytes becomes: `placeholder` for a page, `untouched` (of the whole value nothing is resolved)
   * for whoever works with values, `error` with the reference's label for the input of a job.
   */
  dangling: "placeholder" | "untouched" | "error";
  concurrency?: number;
}

/** Stands on pages where bytes are gone. */
export interface MissingOutput {
  missing: true;
  mime: string;
  name: string | null;
  bytes: number;
}

/**
 * The value with its references resolved, in arrays, plain objects, Maps (their values) and Sets; everything else is
 * left alone, class instances with all that is in them too. A part without references stays the same object, a part that
 * stands in two places is made once, and a value that contains itself comes back untouched. Reference or value, all
 * that `hydrate` asks for are resolved or none.
 */
export async function resolveOutput(
  value: unknown,
  { hydrate, refs, dangling, concurrency = CONCURRENCY }: ResolveOptions,
): Promise<unknown> {
  if (hydrate === "none") return value;
  const survey = surveyValue(value, (found) => isOutputRef(found) && isWanted(found, hydrate));
  if (survey.isCyclic || survey.found.size === 0) return value;
  const resolve = typeof refs === "function" ? refs : (ref: OutputRef) => refs.resolveRef(ref);

  const resolved = new Map<unknown, unknown>();
  const wanted = [...survey.found] as OutputRef[];
  let isDangling = false;
  const resolveOne = async (ref: OutputRef) => {
    if (isDangling && dangling !== "placeholder") return;
    try {
      resolved.set(ref, await resolve(ref));
    } catch (cause) {
      if (!isAppError(cause) || cause.code !== "not_found") throw cause;
      if (dangling === "error") throw missingError(ref, cause);
      isDangling = true;
      resolved.set(ref, placeholderOf(ref));
    }
  };
  await pMap(wanted, resolveOne, { concurrency });
  if (isDangling && dangling === "untouched") return value;
  return rebuildValue(value, survey, resolved);
}

const isWanted = ({ bytes }: OutputRef, hydrate: Exclude<Hydration, "none">) =>
  hydrate === "all" || bytes < hydrate.below;

const missingError = ({ label }: OutputRef, cause: unknown) =>
  new AppError("invalid_input", `The bytes of "${label}" are gone`, {
    details: { port: label },
    cause,
  });

const placeholderOf = ({ mime, name, bytes }: OutputRef): MissingOutput => ({
  missing: true,
  mime,
  name,
  bytes,
});
