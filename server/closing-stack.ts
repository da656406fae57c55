/** What was opened one after the other, to be closed in reverse. */
export interface ClosingStack {
  /** Keeps how to close `thing`, and returns it. */
  add<Thing>(thing: Thing, close: (thing: Thing) => unknown): Thing;
  /** Closes all, the rest too when one fails; throws that error at the end. Each is closed once, however often called. */
  close(): Promise<void>;
}

export function createClosingStack(): ClosingStack {
  const closers: (() => unknown)[] = [];
  return {
    add(thing, close) {
      closers.push(() => close(thing));
      return thing;
    },
    async close() {
      const errors: unknown[] = [];
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 1) throw new AggregateError(errors, "Several things were not closed");
      if (errors.length === 1) throw errors[0];
    },
  };
}
